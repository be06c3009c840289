//! What counts as the same release, and what as another.

use golive::model::running::Identity;

use crate::engine::Bench;

async fn identity(bench: &Bench, name: &str, args: &[&str], version: &str) -> Identity {
    let _ = bench.try_docker(&["rm", "-f", name]);
    // One that was run with `--rm` may still be on its way out.
    while !bench.containers(name).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    bench.run(name, args, version);
    bench.runtime(name).seen().await.unwrap().unwrap().identity
}

#[tokio::test]
async fn the_same_command_again_is_the_same_release() {
    let bench = Bench::new();
    let image = bench.image("v1");
    let network = format!("{}-net", bench.prefix);
    bench.docker(&["network", "create", &network]);
    let name = format!("{}-web", bench.prefix);
    let kinds: [&[&str]; 6] = [
        &[],
        &[
            "-p",
            "127.0.0.1::8080",
            "-v",
            "/a",
            "-v",
            "/b",
            "--mount",
            "type=volume,target=/m",
            "--restart",
            "always",
        ],
        &["--network", &network, "--network-alias", "shop"],
        &["--network", "host", "-e", "PORT=0"],
        &["--rm", "-h", "shop"],
        &["--tmpfs", "/scratch", "--health-cmd", "true", "-l", "a=b", "-l", "c=d", "-P"],
    ];
    for args in kinds {
        let first = identity(&bench, &name, args, "v1").await;
        bench.docker(&["stop", &name]);
        if let Some(stopped) = bench.runtime(&name).seen().await.unwrap() {
            assert_eq!(stopped.identity, first, "stopped: {args:?}");
            assert!(!stopped.alive);
        }
        assert_eq!(identity(&bench, &name, args, "v1").await, first, "{args:?}");
        bench.docker(&["rm", "-f", &name]);
        let created = [&["create", "--name", &name], args, &[image.as_str()]].concat();
        let id = bench.docker(&created);
        assert_eq!(bench.runtime(&name).seen().await.unwrap().unwrap().identity, first, "created: {args:?}");
        bench.docker(&["rm", "-v", &id]);
    }
}

#[tokio::test]
async fn another_image_or_configuration_is_another_release() {
    let bench = Bench::new();
    bench.image("v1");
    bench.image("v2");
    let name = format!("{}-web", bench.prefix);
    let volume = format!("{}-vol:/named", bench.prefix);
    let plain = identity(&bench, &name, &[], "v1").await;
    let other = identity(&bench, &name, &[], "v2").await;
    assert_ne!(plain.image, other.image);
    let kinds: [&[&str]; 9] = [
        &["-e", "COLOUR=blue"],
        &["-e", "COLOUR=red"],
        &["-l", "team=shop"],
        &["-p", "127.0.0.1::8080"],
        &["-v", &volume],
        &["-v", "/anonymous"],
        &["--memory", "64m"],
        &["-h", "shop"],
        &["--network", "host"],
    ];
    let mut seen = vec![plain.clone()];
    for args in kinds {
        let this = identity(&bench, &name, args, "v1").await;
        assert_eq!(this.image, plain.image);
        assert!(!seen.contains(&this), "{args:?}");
        seen.push(this);
    }
}

#[tokio::test]
async fn a_restart_and_a_changed_restart_policy_are_no_release() {
    let bench = Bench::new();
    bench.image("v1");
    let name = format!("{}-web", bench.prefix);
    let first = identity(&bench, &name, &["-p", "127.0.0.1::8080"], "v1").await;
    let runtime = bench.runtime(&name);
    let before = runtime.seen().await.unwrap().unwrap();
    bench.docker(&["restart", &name]);
    bench.docker(&["update", "--restart", "always", &name]);
    let after = runtime.seen().await.unwrap().unwrap();
    assert_eq!(after.identity, first);
    assert_eq!(after.instance, before.instance);
    assert!(after.started > before.started);
}

#[tokio::test]
async fn the_version_is_what_a_person_would_call_it() {
    let bench = Bench::new();
    let reference = bench.image("v1");
    let (name, id) = (format!("{}-web", bench.prefix), bench.image_id("v1"));
    let latest = format!("{}:latest", bench.prefix);
    bench.docker(&["tag", &reference, &latest]);
    let version = async |args: &[&str], image: &str| {
        let _ = bench.try_docker(&["rm", "-fv", &name]);
        bench.docker(&[&["create", "--name", &name], args, &[image]].concat());
        let seen = bench.runtime(&name).seen().await.unwrap().unwrap();
        (seen.version, seen.irreversible)
    };
    let short = id.strip_prefix("sha256:").unwrap()[..12].to_owned();
    let label = "org.opencontainers.image.version=1.2.3";
    assert_eq!(version(&["-l", label], &reference).await.0, "v1");
    assert_eq!(version(&["-l", label], &latest).await.0, "1.2.3");
    assert_eq!(version(&[], &latest).await.0, short);
    assert_eq!(version(&[], &id).await.0, short);
    let migrated = version(&["-l", "golive.irreversible=drops a column"], &reference).await;
    assert_eq!(migrated.1.as_deref(), Some("drops a column"));
}

#[tokio::test]
async fn what_an_image_says_in_golives_name_is_not_believed() {
    let bench = Bench::new();
    let labels =
        "LABEL golive.version=v9 golive.irreversible=never golive.rollback=another golive.image=other:v3";
    let image = bench.image_with("v1", &[labels]);
    let name = format!("{}-web", bench.prefix);
    let seen = async |args: &[&str], image: &str| {
        let _ = bench.try_docker(&["rm", "-fv", &name]);
        bench.docker(&[&["create", "--name", &name], args, &[image]].concat());
        let seen = bench.runtime(&name).seen().await.unwrap().unwrap();
        (seen.version, seen.irreversible)
    };
    assert_eq!(seen(&[], &image).await, ("v1".to_owned(), None));
    let why = |why: &str| Some(why.to_owned());
    assert_eq!(
        seen(&["-l", "golive.irreversible=a column"], &image).await,
        ("v1".to_owned(), why("a column"))
    );
    // As golive makes one from it: then all of them are its own.
    let made = ["-l", "golive.rollback=rb-1", "-l", "golive.version=v9"];
    assert_eq!(seen(&made, &image).await.0, "v9");
    // A commit of such a container is an image like any other.
    let commit = format!("{}-app:v3", bench.prefix);
    bench.docker(&["commit", &name, &commit]);
    assert_eq!(seen(&[], &commit).await, ("v3".to_owned(), None));
}

/// As Compose 2 puts `configs: {content: …}` there: into the container between its creation and its start.
async fn with_config(bench: &Bench, name: &str, content: &str) -> Identity {
    let _ = bench.try_docker(&["rm", "-f", name]);
    let image = bench.image("v1");
    bench.docker(&["create", "--name", name, &image]);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("app.conf"), content).unwrap();
    // An archive of this format has times in whole seconds.
    let put = format!(
        "tar --format=gnu -C {} -cf - app.conf | docker -H unix://{} cp - {name}:/",
        dir.path().display(),
        bench.socket
    );
    assert!(std::process::Command::new("sh").args(["-c", &put]).status().unwrap().success());
    bench.docker(&["start", name]);
    bench.runtime(name).seen().await.unwrap().unwrap().identity
}

#[tokio::test]
async fn files_that_came_with_a_container_make_it_another_release_and_the_same_ones_do_not() {
    let bench = Bench::new();
    let name = format!("{}-web", bench.prefix);
    let plain = identity_of_image(&bench, &name).await;
    let first = with_config(&bench, &name, "listen 80").await;
    assert_ne!(first, plain, "a file is more than none");
    assert_eq!(with_config(&bench, &name, "listen 80").await, first, "deployed again");
    bench.docker(&[
        "exec",
        &name,
        "sh",
        "-c",
        "echo state >/tmp/state; mkdir /tmp/cache; echo x >/tmp/cache/x",
    ]);
    bench.docker(&["restart", "-t", "0", &name]);
    assert_eq!(bench.runtime(&name).seen().await.unwrap().unwrap().identity, first, "what its program wrote");
    assert_ne!(with_config(&bench, &name, "listen 81").await, first, "another content");
    bench.docker(&["rm", "-f", &name]);
}

async fn identity_of_image(bench: &Bench, name: &str) -> Identity {
    bench.image("v1");
    identity(bench, name, &[], "v1").await
}

#[tokio::test]
async fn what_is_restored_with_its_files_is_the_release_that_it_was() {
    use golive::model::plan::Plan;
    use golive::model::step::Step;
    let bench = Bench::new();
    let name = format!("{}-web", bench.prefix);
    let good = with_config(&bench, &name, "listen 80").await;
    let runtime = bench.runtime(&name);
    let v1 = runtime.seen().await.unwrap().unwrap().instance;
    let record = runtime.keep("r1", &v1).await.unwrap();
    assert!(runtime.tells_of(&record, &v1, &good), "the record is of what was accepted");
    assert_ne!(with_config(&bench, &name, "listen 81").await, good);
    let bad = runtime.seen().await.unwrap().unwrap().instance;
    let bad_record = runtime.keep("r2", &bad).await.unwrap();
    let plan = Plan {
        rollback: format!("{name}-rb"),
        from: "r2".to_owned(),
        from_version: "v1".to_owned(),
        bad: Some(bad),
        to: "r1".to_owned(),
        to_version: "v1".to_owned(),
        reason: "a bad configuration".to_owned(),
        drill: None,
    };
    for step in crate::engine::FORWARD.into_iter().chain([Step::CleanUp]) {
        runtime.perform(&plan, Some(&record), Some(&bad_record), step).await.unwrap();
    }
    assert_eq!(bench.runtime(&name).seen().await.unwrap().unwrap().identity, good);
    assert_eq!(bench.docker(&["exec", &name, "cat", "/app.conf"]), "listen 80");
    bench.docker(&["rm", "-f", &name]);
    for release in ["r1", "r2"] {
        runtime.forget(release, Some(&record)).await.unwrap();
    }
}
