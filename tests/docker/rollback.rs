//! From v2 back to v1, every step done twice, for every kind of container.

use golive::model::step::Step;
use golive_fixtures::port::free_port;
use serde_json::Value;

use crate::engine::{Bench, FORWARD, Story, answer};

/// Rolls back with every step done twice, and looks at what must be as it was, whatever the kind of container.
async fn twice(bench: &Bench, args: &[&str]) -> (Story, Value, Value) {
    let story = bench.released(args).await;
    for step in FORWARD.into_iter().chain([Step::CleanUp]) {
        for time in ["first", "second"] {
            let done = story.step(bench, step).await;
            done.unwrap_or_else(|fault| panic!("{step:?}, the {time} time: {fault:?}"));
        }
    }
    let before: Value = serde_json::from_str(&story.good.inspect).unwrap();
    let now = story.restored(bench);
    assert_eq!(sorted_env(&now), sorted_env(&before));
    assert_eq!(volumes(&now), volumes(&before));
    assert_eq!(now["HostConfig"]["RestartPolicy"], before["HostConfig"]["RestartPolicy"]);
    assert_eq!(now["HostConfig"]["PortBindings"], before["HostConfig"]["PortBindings"]);
    assert_eq!(bench.docker(&["exec", &story.name, "cat", "/data/file"]), "precious");
    let seen = bench.runtime(&story.name).seen().await.unwrap().unwrap();
    assert!(seen.alive);
    assert_eq!(seen.version, "v1");
    assert_eq!(seen.identity, story.v1, "golive's own doing is no release");
    (story, before, now)
}

fn sorted_env(container: &Value) -> Vec<String> {
    let env = container["Config"]["Env"].as_array().unwrap().iter();
    let mut env: Vec<String> = env.map(|var| var.as_str().unwrap().to_owned()).collect();
    env.sort();
    env
}

/// Destination and name (or source) of every mount.
fn volumes(container: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mounts = container["Mounts"].as_array().unwrap().iter();
    let mut mounts: Vec<_> = mounts
        .map(|mount| {
            let name = if mount["Name"].is_null() { &mount["Source"] } else { &mount["Name"] };
            (text(&mount["Destination"]), text(name))
        })
        .collect();
    mounts.sort();
    mounts
}

#[tokio::test]
async fn port_volumes_bind_env_labels_health_and_restart_policy_come_back() {
    let bench = Bench::new();
    let port = free_port();
    let (publish, bind) = (format!("127.0.0.1:{port}:8080"), tempfile::tempdir().unwrap());
    let bind_to = format!("{}:/bound:ro", bind.path().display());
    let named = format!("{}-vol:/named", bench.prefix);
    let args = [
        "-p",
        &publish,
        "-v",
        &bind_to,
        "-v",
        &named,
        "-v",
        "/anonymous",
        "--mount",
        "type=volume,target=/mounted",
        "-e",
        "COLOUR=blue",
        "--label",
        "team=shop",
        "--restart",
        "always",
        "--health-cmd",
        "true",
        "--health-interval",
        "1s",
        "--memory",
        "64m",
        "--ulimit",
        "nofile=1000:2000",
        "--cap-drop",
        "MKNOD",
        "--tmpfs",
        "/scratch",
        "--stop-timeout",
        "7",
        "--add-host",
        "db:10.0.0.7",
        "--init",
    ];
    let (story, before, now) = twice(&bench, &args).await;
    assert_eq!(answer(port).await, "v1");
    assert_eq!(now["Config"]["Labels"]["team"], "shop");
    assert_eq!(now["Config"]["Labels"]["app"], "v1");
    assert_eq!(now["Config"]["Labels"]["golive.rollback"], story.plan.rollback);
    assert_eq!(now["Config"]["Labels"]["golive.replaces"], story.v2);
    assert_eq!(now["Config"]["Healthcheck"], before["Config"]["Healthcheck"]);
    assert_eq!(now["Config"]["Hostname"], now["Id"].as_str().unwrap()[..12]);
    for field in ["Memory", "Ulimits", "CapDrop", "Tmpfs", "ExtraHosts", "Init"] {
        assert_eq!(now["HostConfig"][field], before["HostConfig"][field], "{field}");
    }
    assert_eq!(now["Config"]["StopTimeout"], 7);
}

#[tokio::test]
async fn a_container_in_two_networks_keeps_aliases_and_static_address() {
    let bench = Bench::new();
    let (front, back) = (format!("{}-front", bench.prefix), format!("{}-back", bench.prefix));
    let subnet = format!("10.213.{}", std::process::id() % 250);
    bench.docker(&["network", "create", "--subnet", &format!("{subnet}.0/24"), &front]);
    bench.docker(&["network", "create", &back]);
    bench.image("v1");
    bench.image("v2");
    // The second network is connected by hand for each version, as `docker run` takes one.
    let name = format!("{}-web", bench.prefix);
    let address = format!("{subnet}.9");
    let args = ["--network", &front, "--ip", &address, "--network-alias", "shop"];
    let deploy = |version: &str| {
        let id = bench.run(&name, &args, version);
        bench.docker(&["network", "connect", "--alias", "inner", &back, &name]);
        id
    };
    let v1 = deploy("v1");
    let runtime = bench.runtime(&name);
    let original = runtime.seen().await.unwrap().unwrap().identity;
    let good = runtime.keep("r1", &v1).await.unwrap();
    bench.docker(&["rm", "-f", &name]);
    let v2 = deploy("v2");
    let bad = runtime.keep("r2", &v2).await.unwrap();
    let story = Story::new(&name, good, bad, original.clone(), &v2);
    for step in FORWARD.into_iter().chain([Step::CleanUp]) {
        story.step(&bench, step).await.unwrap();
        story.step(&bench, step).await.unwrap();
    }
    let now = story.restored(&bench);
    let short = &now["Id"].as_str().unwrap()[..12];
    let networks = &now["NetworkSettings"]["Networks"];
    assert_eq!(networks[&front]["IPAddress"], address);
    // Engines before 25 add the id.
    let aliases = |network: &str| {
        let aliases = networks[network]["Aliases"].as_array().unwrap().iter().filter(|alias| *alias != short);
        aliases.cloned().collect::<Vec<Value>>()
    };
    assert_eq!(aliases(&front), ["shop"]);
    assert_eq!(aliases(&back), ["inner"]);
    assert_eq!(runtime.seen().await.unwrap().unwrap().identity, original);
}

#[tokio::test]
async fn a_container_run_with_rm_comes_back_with_its_data_and_stays() {
    let bench = Bench::new();
    let (story, before, now) = twice(&bench, &["--rm", "-v", "/anonymous"]).await;
    assert_eq!(before["HostConfig"]["AutoRemove"], true);
    assert_eq!(now["HostConfig"]["AutoRemove"], false);
    bench.docker(&["stop", &story.name]);
    assert_eq!(bench.containers(&story.name)[&story.name], "exited");
}

#[tokio::test]
async fn a_container_in_the_hosts_network_comes_back() {
    let bench = Bench::new();
    let port = free_port();
    let env = format!("PORT={port}");
    let (_, _, now) = twice(&bench, &["--network", "host", "-e", &env]).await;
    assert_eq!(now["HostConfig"]["NetworkMode"], "host");
    assert_eq!(answer(port).await, "v1");
}

#[tokio::test]
async fn a_container_in_another_ones_network_comes_back() {
    let bench = Bench::new();
    bench.image("v0");
    let side = format!("{}-side", bench.prefix);
    let id = bench.run(&side, &["-e", "PORT=9000"], "v0");
    let (_, _, now) = twice(&bench, &["--network", &format!("container:{side}")]).await;
    assert_eq!(now["HostConfig"]["NetworkMode"], format!("container:{id}"));
}

#[tokio::test]
async fn a_random_port_stays_random() {
    let bench = Bench::new();
    let (_, _, now) = twice(&bench, &["-p", "127.0.0.1::8080"]).await;
    assert_eq!(now["HostConfig"]["PortBindings"]["8080/tcp"][0]["HostPort"], "");
    let port = now["NetworkSettings"]["Ports"]["8080/tcp"][0]["HostPort"].as_str().unwrap();
    assert_eq!(answer(port.parse().unwrap()).await, "v1");
}

#[tokio::test]
async fn what_the_bad_release_wrote_is_saved() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    bench.docker(&["exec", &story.name, "sh", "-c", "echo cannot connect to the database >/proc/1/fd/2"]);
    bench.docker(&["kill", &story.name]);
    let done = story.step(&bench, Step::Forensics).await.unwrap();
    let forensics = done.forensics.unwrap();
    assert_eq!(forensics.exit, Some(137));
    assert!(!forensics.oom);
    assert!(forensics.logs.contains("cannot connect to the database"), "{}", forensics.logs);
    let last = forensics.events.lines().last().unwrap();
    assert!(
        forensics.events.contains(" kill signal=9\n") && last.ends_with(" die exitCode=137"),
        "{}",
        forensics.events
    );
    let saved: Value = serde_json::from_str(&forensics.inspect).unwrap();
    assert_eq!(saved["Id"], story.v2);
}

/// The bad release may be one that golive itself restored before.
#[tokio::test]
async fn a_restored_version_can_be_taken_back_as_well() {
    let bench = Bench::new();
    let (mut story, _, now) = twice(&bench, &["--restart", "always", "-v", "/anonymous"]).await;
    let runtime = bench.runtime(&story.name);
    let restored = now["Id"].as_str().unwrap();
    let v1 = runtime.keep("r3", restored).await.unwrap();
    story.plan.rollback.push_str("-2");
    story.plan.bad = Some(restored.to_owned());
    (story.plan.from_version, story.plan.to_version) = ("v1".to_owned(), "v2".to_owned());
    (story.good, story.bad) = (story.bad, v1);
    for step in FORWARD.into_iter().chain([Step::CleanUp]) {
        story.step(&bench, step).await.unwrap();
        story.step(&bench, Step::Prepare).await.unwrap();
    }
    let seen = runtime.seen().await.unwrap().unwrap();
    assert_eq!((seen.version.as_str(), seen.identity.image), ("v2", story.good.image));
    assert_eq!(bench.containers(&story.name).len(), 1);
    assert_eq!(bench.inspect(&story.name)["HostConfig"]["RestartPolicy"]["Name"], "always");
}
