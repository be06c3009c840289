//! What is kept stays, and what is missing is said.

use golive::config;
use golive::model::step::{FaultKind, Step};
use golive::runtime::Record;
use serde_json::{Value, json};

use crate::engine::{Bench, FORWARD};

/// The holder of a release.
fn holder(bench: &Bench, name: &str, release: &str) -> Vec<String> {
    let label = format!("label=golive.pin-of={name}");
    let release = format!("label=golive.release={release}");
    let ids = bench.docker(&["ps", "-aq", "--no-trunc", "--filter", &label, "--filter", &release]);
    ids.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_image_stays_when_its_tag_and_its_container_go() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    let image = bench.image_id("v1");
    bench.docker(&["image", "rm", &format!("{}:v1", bench.prefix)]);
    for reference in [&image, &format!("golive/pin:{}-r1", story.name)] {
        let refused = bench.try_docker(&["image", "rm", reference]).unwrap_err();
        assert!(refused.contains("must force") || refused.contains("must be forced"), "{refused}");
    }
    assert_eq!(bench.docker(&["image", "inspect", "--format", "{{.Id}}", &image]), image);
    assert_eq!(bench.runtime(&story.name).prove(&story.good).await.unwrap(), Vec::<String>::new());
    for step in FORWARD {
        story.step(&bench, step).await.unwrap();
    }
    assert_eq!(bench.inspect(&story.name)["Image"], image);
}

#[tokio::test]
async fn keeping_again_changes_nothing_and_a_lost_holder_is_made_anew() {
    let bench = Bench::new();
    let story = bench.released(&["-v", "/anonymous"]).await;
    let runtime = bench.runtime(&story.name);
    let first = holder(&bench, &story.name, "r2");
    assert_eq!(first.len(), 1);
    let again = runtime.keep("r2", &story.v2).await.unwrap();
    assert_eq!(again.image, story.bad.image);
    assert_eq!(holder(&bench, &story.name, "r2"), first);
    let made = bench.inspect(&first[0]);
    assert_eq!(made["State"]["Status"], "created");
    assert_eq!(made["HostConfig"]["NetworkMode"], "none");
    assert_eq!(made["HostConfig"]["RestartPolicy"]["Name"], "no");
    assert_eq!(made["Mounts"].as_array().unwrap().len(), 2, "the release's own volumes, and none besides");
    bench.docker(&["rm", &first[0]]);
    assert_eq!(runtime.prove(&story.bad).await.unwrap(), Vec::<String>::new());
    assert_eq!(holder(&bench, &story.name, "r2").len(), 1);
    assert_ne!(holder(&bench, &story.name, "r2"), first);
}

#[tokio::test]
async fn forgetting_takes_that_releases_pin_and_no_other() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    let runtime = bench.runtime(&story.name);
    runtime.keep("r3", &story.v2).await.unwrap();
    for _ in 0..2 {
        runtime.forget("r2", None).await.unwrap();
    }
    assert!(holder(&bench, &story.name, "r2").is_empty());
    assert_eq!(holder(&bench, &story.name, "r1").len(), 1);
    assert_eq!(holder(&bench, &story.name, "r3").len(), 1);
    let tags = bench.docker(&["image", "ls", "--format", "{{.Tag}}", "golive/pin"]);
    let ours = |release: &str| tags.lines().any(|tag| tag == format!("{}-{release}", story.name));
    assert!(ours("r1") && ours("r3") && !ours("r2"), "{tags}");
    runtime.forget("r1", None).await.unwrap();
    bench.docker(&["image", "inspect", &format!("{}:v1", bench.prefix)]);
}

#[tokio::test]
async fn the_data_of_anonymous_volumes_is_held() {
    let bench = Bench::new();
    bench.image("v1");
    let name = format!("{}-web", bench.prefix);
    let v1 = bench.run(&name, &[], "v1");
    bench.docker(&["exec", &name, "sh", "-c", "echo precious >/data/file"]);
    let runtime = bench.runtime(&name);
    let good = runtime.keep("r1", &v1).await.unwrap();
    bench.docker(&["rm", "-fv", &name]);
    assert_eq!(runtime.prove(&good).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_missing_is_said_in_plain_sentences() {
    let bench = Bench::new();
    bench.image("v0");
    bench.image("v1");
    let (network, volume) = (format!("{}-net", bench.prefix), format!("{}-vol", bench.prefix));
    let (name, side) = (format!("{}-web", bench.prefix), format!("{}-side", bench.prefix));
    bench.docker(&["network", "create", &network]);
    bench.run(&side, &["-v", "/shared"], "v0");
    let bind = format!("/var/lib/{}", bench.prefix);
    std::fs::create_dir(&bind).unwrap();
    let (bind_to, volume_to) = (format!("{bind}:/bound"), format!("{volume}:/named"));
    let args = ["--network", &network, "-v", &volume_to, "-v", &bind_to, "--volumes-from", &side];
    let v1 = bench.run(&name, &args, "v1");
    let runtime = bench.runtime(&name);
    let good = runtime.keep("r1", &v1).await.unwrap();
    assert_eq!(runtime.prove(&good).await.unwrap(), Vec::<String>::new());

    bench.docker(&["rm", "-f", &name, &side]);
    bench.docker(&["network", "rm", &network]);
    bench.docker(&["volume", "rm", &volume]);
    std::fs::remove_dir(&bind).unwrap();
    let problems = runtime.prove(&good).await.unwrap();
    let mut expected = [
        format!("its network {network} is gone"),
        format!("the container {side} whose volumes it uses is gone"),
        format!("its volume {volume} is gone: /named would come back empty"),
        format!("{bind} is gone, which it needs at /bound"),
    ];
    expected.sort();
    let mut seen = problems.clone();
    seen.sort();
    assert_eq!(seen, expected);

    for image in [format!("golive/pin:{name}-r1"), format!("{}:v1", bench.prefix)] {
        bench.docker(&["image", "rm", "-f", &image]);
    }
    for id in holder(&bench, &name, "r1") {
        bench.docker(&["rm", &id]);
    }
    bench.docker(&["image", "rm", "-f", &good.image]);
    let problems = runtime.prove(&good).await.unwrap();
    assert!(problems.contains(&format!("its image {} is gone", &good.image[7..19])), "{problems:?}");
    // A registry had given it a name.
    let mut inspect: Value = serde_json::from_str(&good.inspect).unwrap();
    assert_eq!(inspect["RepoDigests"], json!([]), "{inspect:#}");
    inspect["RepoDigests"] = json!(["registry.test/shop@sha256:1234"]);
    let pushed = Record { inspect: inspect.to_string(), ..good.clone() };
    let problems = runtime.prove(&pushed).await.unwrap();
    let hint = "; `docker pull registry.test/shop@sha256:1234` may have it";
    assert!(problems.iter().any(|problem| problem.ends_with(hint)), "{problems:?}");
}

#[tokio::test]
async fn a_container_that_is_gone_cannot_be_recorded() {
    let bench = Bench::new();
    let fault = bench.runtime("golive-test-none").keep("r1", &"0".repeat(64)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.text.contains("is gone"), "{}", fault.text);
}

#[tokio::test]
async fn many_that_pin_the_same_release_in_the_same_moment_all_succeed() {
    let bench = Bench::new();
    bench.image("v1");
    let name = format!("{}-web", bench.prefix);
    let v1 = bench.run(&name, &[], "v1");
    for round in 0..5 {
        let release = format!("r{round}");
        let runtimes: Vec<_> = (0..4).map(|_| bench.runtime(&name)).collect();
        let kept = futures_util::future::join_all(runtimes.iter().map(|on| on.keep(&release, &v1))).await;
        for record in kept {
            record.unwrap_or_else(|fault| panic!("round {round}: {fault:?}"));
        }
        assert_eq!(holder(&bench, &name, &release).len(), 1);
    }
}

/// Whoever deploys moves the tag; whoever runs the registry may be gone.
#[tokio::test]
async fn a_moved_tag_and_a_dead_registry_do_not_matter() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    let (first, image) = (format!("{}:v1", bench.prefix), bench.image_id("v1"));
    bench.docker(&["tag", &format!("{}:v2", bench.prefix), &first]);
    let nowhere = format!("127.0.0.1:1/{}:v1", bench.prefix);
    bench.docker(&["tag", &image, &nowhere]);
    bench.docker(&["image", "rm", &nowhere]);
    assert_ne!(bench.image_id("v1"), image);
    assert_eq!(bench.runtime(&story.name).prove(&story.good).await.unwrap(), Vec::<String>::new());
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    assert_eq!(story.restored(&bench)["Image"], image);
}

#[tokio::test]
async fn a_running_holder_idles_in_any_image_and_is_put_back() {
    let bench = Bench::new();
    let story = bench.released(&["-v", "/anonymous"]).await;
    let runtime = bench.runtime_with(&story.name, |service| service.pin = config::Pin::Running);
    let created = holder(&bench, &story.name, "r1");
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    let running = holder(&bench, &story.name, "r1");
    assert!(running.len() == 1 && running != created, "one of the other kind takes its place");
    let made = bench.inspect(&running[0]);
    assert_eq!(made["State"]["Status"], "running");
    assert_eq!(made["HostConfig"]["RestartPolicy"]["Name"], "always");
    assert_eq!(made["Mounts"].as_array().unwrap().len(), 2, "the release's own volumes, and none besides");
    let processes = bench.docker(&["top", &running[0], "-o", "pid,user,args"]);
    assert!(processes.contains("/golive-pause"), "{processes}");
    bench.docker(&["stop", &running[0]]);
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    assert_eq!(bench.inspect(&running[0])["State"]["Status"], "running");
    bench.docker(&["rm", "-f", &running[0]]);
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    assert_eq!(holder(&bench, &story.name, "r1").len(), 1);
    runtime.forget("r1", None).await.unwrap();
    assert!(holder(&bench, &story.name, "r1").is_empty());
    // And back again.
    runtime.keep("r2", &story.v2).await.unwrap();
    bench.runtime(&story.name).keep("r2", &story.v2).await.unwrap();
    assert_eq!(bench.inspect(&holder(&bench, &story.name, "r2")[0])["State"]["Status"], "created");
}

#[tokio::test]
async fn a_record_is_of_what_was_accepted_and_not_of_what_was_made_of_it_in_place() {
    let bench = Bench::new();
    bench.image("v1");
    let (name, network) = (format!("{}-web", bench.prefix), format!("{}-net", bench.prefix));
    bench.docker(&["network", "create", &network]);
    let id = bench.run(&name, &["--cpus", "0.5"], "v1");
    let runtime = bench.runtime(&name);
    let accepted = runtime.seen().await.unwrap().unwrap().identity;
    let good = runtime.keep("r1", &id).await.unwrap();
    assert!(runtime.tells_of(&good, &id, &accepted));
    bench.docker(&["restart", "-t", "0", &name]);
    assert!(runtime.tells_of(&runtime.keep("r1", &id).await.unwrap(), &id, &accepted), "restarted");
    let changes: [&[&str]; 3] = [
        &["update", "--cpus", "0.1", &name],
        &["update", "--memory", "64m", "--memory-swap", "64m", &name],
        &["network", "connect", &network, &name],
    ];
    for change in changes {
        bench.docker(change);
        let changed = runtime.keep("r1", &id).await.unwrap();
        assert!(!runtime.tells_of(&changed, &id, &accepted), "{change:?}");
    }
}

#[tokio::test]
async fn what_the_engine_would_not_make_as_it_was_is_known_beforehand() {
    let bench = Bench::new();
    let story = bench.released(&["-v", "/anonymous", "--label", "com.docker.compose.project=shop"]).await;
    let runtime = bench.runtime(&story.name);
    let began = bench.docker(&["info", "--format", "{{.SystemTime}}"]);
    let changed = |pointer: &str, field: &str, value: Value| {
        let mut inspect: Value = serde_json::from_str(&story.good.inspect).unwrap();
        inspect.pointer_mut(pointer).unwrap()[field] = value;
        Record { inspect: inspect.to_string(), ..story.good.clone() }
    };
    let refused = runtime.prove(&changed("/HostConfig", "Runtime", "no-such".into())).await.unwrap();
    assert!(refused.len() == 1 && refused[0].contains("no-such"), "{refused:?}");
    assert!(refused[0].starts_with("the engine would not make it anew: failed to create"), "{refused:?}");
    let dropped = runtime.prove(&changed("/HostConfig", "Unheard", 7.into())).await.unwrap();
    assert_eq!(dropped, ["the engine would not give it back as it was: HostConfig.Unheard would differ"]);
    // A secret may be in what differs.
    let secret = runtime.prove(&changed("/Config", "Unheard", json!(["PASSWORD=hunter2"]))).await.unwrap();
    assert_eq!(secret, ["the engine would not give it back as it was: Config.Unheard would differ"]);
    for _ in 0..3 {
        assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    }
    // Of whoever leaves a volume behind there is one more each time, whatever other tests make and remove meanwhile.
    let volumes = || bench.docker(&["volume", "ls", "-q"]).lines().count();
    let (mut others, mut left) = (0, true);
    while left && others < 5 {
        let before = volumes();
        assert_eq!(bench.runtime(&story.name).prove(&story.good).await.unwrap(), Vec::<String>::new());
        (others, left) = (others + 1, volumes() > before);
    }
    assert!(!left, "a rehearsal leaves a volume behind");
    let of = format!("label=golive.rehearsal-of={}", story.name);
    assert_eq!(bench.docker(&["ps", "-aq", "--filter", &of]), "");
    let until = bench.docker(&["info", "--format", "{{.SystemTime}}"]);
    let filters = ["--filter", &of, "--filter", "event=create"];
    let mut events = vec!["events", "--since", &began, "--until", &until, "--format", "{{json .Actor}}"];
    events.extend(filters);
    let events = bench.docker(&events);
    // Two that were dropped or changed, one of what it is, and one by each other golive; none of a refusal.
    assert_eq!(events.lines().count(), 3 + others, "{events}");
    assert!(!events.contains(r#""com.docker.compose.project":"shop""#), "{events}");
}
