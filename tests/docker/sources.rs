//! What a container is bound to of the host, and what becomes of a rollback when that is gone.

use golive::model::step::{FaultKind, Step};

use crate::engine::Bench;

/// A file and a directory in a place that the packaged unit hides from golive, and a volume that stands for another.
#[tokio::test]
async fn what_it_is_bound_to_and_is_gone_is_named_and_nothing_is_touched() {
    let bench = Bench::new();
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(path("app.conf"), "good").unwrap();
    for name in ["data", "volume"] {
        std::fs::create_dir(path(name)).unwrap();
    }
    let volume = format!("{}-bound", bench.prefix);
    let device = format!("device={}", path("volume"));
    bench.docker(&["volume", "create", "-o", "type=none", "-o", "o=bind", "-o", &device, &volume]);
    let file = format!("{}:/app.conf:ro", path("app.conf"));
    let mount = format!("type=bind,source={},target=/mounted", path("data"));
    let named = format!("{volume}:/named");
    let story = bench.released(&["-v", &file, "--mount", &mount, "-v", &named]).await;
    let runtime = bench.runtime(&story.name);
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    let of_v1 = format!("ancestor={}:v1", bench.prefix);
    let containers = || bench.docker(&["ps", "-aq", "--filter", &of_v1]);
    let before = containers();

    for (name, problem) in [
        ("app.conf", format!("{} is gone, which it needs at /app.conf", path("app.conf"))),
        ("data", format!("{} is gone, which it needs at /mounted", path("data"))),
        ("volume", format!("{} is gone, which it needs at /named, by its volume {volume}", path("volume"))),
    ] {
        let elsewhere = path("elsewhere");
        std::fs::rename(path(name), &elsewhere).unwrap();
        assert_eq!(runtime.prove(&story.good).await.unwrap(), std::slice::from_ref(&problem));
        let fault = story.step(&bench, Step::Prepare).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Refused, "{}", fault.text);
        assert!(fault.text.ends_with(&problem), "{}", fault.text);
        assert!(!std::path::Path::new(&path(name)).exists(), "asking has made {name}");
        std::fs::rename(&elsewhere, path(name)).unwrap();
    }
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    assert_eq!(containers(), before, "asking leaves nothing behind");
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
    bench.docker(&["rm", "-f", &story.name]);
    bench.docker(&["volume", "rm", &volume]);
}

/// Whoever looks sees something else than the engine does.
#[tokio::test]
async fn all_that_is_gone_is_named_at_once() {
    let bench = Bench::new();
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let paths = ["one", "two", "three"].map(|name| dir.path().join(name).display().to_string());
    let binds = [0, 1, 2].map(|number| format!("{}:/{number}", paths[number]));
    let story = bench.released(&["-v", &binds[0], "-v", &binds[1], "-v", &binds[2]]).await;
    std::fs::remove_dir_all(dir.path()).unwrap();
    let mut problems = bench.runtime(&story.name).prove(&story.good).await.unwrap();
    problems.sort();
    let mut expected =
        [0, 1, 2].map(|number| format!("{} is gone, which it needs at /{number}", paths[number])).to_vec();
    expected.sort();
    assert_eq!(problems, expected);
    bench.docker(&["rm", "-f", &story.name]);
}
