//! That it could be gone back is tried before it has to be.

use golive_fixtures::engine::{docker, list};
use golive_fixtures::host::Host;
use serde_json::Value;

/// Containers that a drill has left.
fn left(host: &Host) -> Vec<String> {
    let filter = "label=golive.rehearsal-of=shop";
    let mut left = list(&["ps", "-a", "--filter", filter, "--format", "{{.Names}}"]);
    left.retain(|name| name.contains(&host.name));
    left
}

/// The volume that is at `/data` in that container; nothing while it is not there.
fn volume(container: &str) -> String {
    let at_data = "{{range .Mounts}}{{if eq .Destination \"/data\"}}{{.Name}}{{end}}{{end}}";
    let told = docker(&["inspect", "--type", "container", "--format", at_data, container]);
    String::from_utf8_lossy(&told.stdout).trim().to_owned()
}

/// What a drill gives, and its exit code.
fn drill(host: &Host, code: i32, more: &[&str]) -> String {
    let said = host.says(code, &[&["drill", "shop"], more].concat());
    assert_eq!(left(host), Vec::<String>::new(), "{said}");
    said
}

fn record(host: &Host) -> Value {
    serde_json::from_str(&host.says(0, &["record", "--format", "json"])).unwrap()
}

#[test]
fn going_back_is_tried_beside_what_runs() {
    let mut host = Host::new("drill");
    host.write_rules("[service.shop.drill]\nstart = true\n[page]\nlisten = \"127.0.0.1:0\"\n");
    assert!(host.golive(&["drill", "shop"]).status.code() == Some(69), "no daemon");
    host.with_good_version();
    let before = list(&["ps", "-q", "--no-trunc", "--filter", &format!("name={}$", host.name)]);

    assert_eq!(drill(&host, 0, &[]), "shop: 1 could be gone back to\n");
    assert_eq!(
        drill(&host, 0, &["--level", "steps"]),
        "shop: 1 could be gone back to, and it was made anew beside it\n"
    );
    let now = list(&["ps", "-q", "--no-trunc", "--filter", &format!("name={}$", host.name)]);
    assert_eq!(before, now, "what runs is not touched");
    host.assert_only("1");

    let shown = record(&host)["drills"].clone();
    let levels: Vec<_> = shown.as_array().unwrap().iter().map(|it| (&it["level"], &it["passed"])).collect();
    assert_eq!(levels, [(&"ready".into(), &true.into()), (&"steps".into(), &true.into())]);
    assert!(host.says(0, &["record"]).contains("level steps"), "{shown}");
    assert!(host.says(0, &["record", "--verify"]).contains("whole"));
    assert!(host.says(0, &["status"]).contains("drill      last passed"));
}

#[test]
fn what_does_not_start_anew_does_not_pass() {
    let host = Host::new("drill-ends");
    host.write_rules("[service.shop.drill]\nstart = true\n");
    let (program, data) = (host.path("program"), format!("{}-data", host.name));
    std::fs::copy(golive_fixtures::daemon::program(), &program).unwrap();
    docker(&["volume", "create", &data]);
    docker(
        &[
            &["run", "-d", "--name", &host.name, "-p", &format!("127.0.0.1:{}:8080", host.port)][..],
            &[
                "-v",
                &format!("{data}:/data"),
                "-v",
                &format!("{}:/program", program.display()),
                &host.tag("1"),
            ],
            &["/program", "demo-service", "--listen", "0.0.0.0:8080", "--version", "1"],
        ]
        .concat(),
    );
    host.start();
    host.eventually("it is accepted and ready", || host.status()["readiness"]["ready"] == true);
    let beside = format!("golive-drill-{}", host.name);
    let volume = std::thread::scope(|scope| {
        let drill = scope.spawn(|| drill(&host, 0, &["--level", "steps"]));
        let mut found = String::new();
        host.eventually("one is made beside it, with a volume of its own", || {
            found = volume(&beside);
            !found.is_empty()
        });
        drill.join().unwrap();
        found
    });
    assert_ne!(volume, data);
    assert!(!docker(&["volume", "inspect", &volume]).status.success(), "what was made for it is gone");
    assert!(docker(&["volume", "inspect", &data]).status.success(), "what is another's is left alone");

    // What runs goes on with the program that it was started with; one that is made anew gets another.
    let other = host.path("other");
    std::fs::copy("/bin/busybox", &other).unwrap();
    std::fs::rename(&other, &program).unwrap();
    let said = drill(&host, 1, &["--level", "steps"]);
    assert!(
        said.contains("1 could not be gone back to") && said.contains("with exit code 127; last it wrote: "),
        "{said}"
    );
    let failed = host.hook.posts("drill-failed").remove(0);
    assert_eq!(failed["data"]["tier"], "important");
    let record = record(&host)["drills"][1].clone();
    assert_eq!((&record["passed"], record["problems"].as_array().unwrap().len()), (&false.into(), 1));
    assert!(host.says(1, &["status"]).contains("NOT passed: started apart"));

    std::fs::copy(golive_fixtures::daemon::program(), &other).unwrap();
    std::fs::rename(&other, &program).unwrap();
    drill(&host, 0, &["--level", "steps"]);
    host.eventually("that it passes again is told", || !host.hook.posts("drill-passed").is_empty());
    docker(&["rm", "-f", "-v", &host.name]);
    docker(&["volume", "rm", "-f", &data]);
}

/// A second version runs, is accepted, and can be gone back from.
fn with_another_version(host: &Host) {
    host.deploy("2", &[]);
    host.eventually("version 2 is accepted and all is well", || {
        let status = host.status();
        let passes = status["triggers"][0]["verdict"] == "pass";
        status["accepted"]["version"] == "2" && status["readiness"]["ready"] == true && passes
    });
}

/// What one that goes for real gives, and its exit code. Readiness may be looked at in the moment that it has ended.
fn swap(host: &Host, code: i32) -> String {
    host.says(code, &["drill", "shop", "--level", "swap", "--for-real"])
}

/// The ways of the newest drill, as far as it has come.
fn ways(host: &Host) -> Vec<Value> {
    host.status()["drills"]["newest"]["swap"]["ways"].as_array().cloned().unwrap_or_default()
}

#[test]
fn it_goes_back_and_forth_for_real() {
    let mut host = Host::new("drill-swap");
    let log = host.path("before.log");
    let hook = format!("before = [\"sh\", \"-c\", \"echo $GOLIVE_DRILL $GOLIVE_TO >>{}\"]", log.display());
    host.write_rules("");
    host.replace_in_rules("verify = \"1s\"", &format!("verify = \"1s\"\n{hook}"));
    host.with_good_version();
    swap(&host, 2);
    with_another_version(&host);
    let refused = host.golive(&["drill", "shop", "--level", "swap"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && said.contains("--for-real"), "{said}");
    host.assert_only("2");

    let said = swap(&host, 0);
    assert!(said.contains("went back to 1, without the service for "), "{said}");
    assert!(said.contains("went forth to 2, without the service for "), "{said}");
    host.assert_only("2");
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "back 1\nforth 2\n");
    let swapped = record(&host)["drills"][0]["swap"].clone();
    for (at, way) in ["back", "forth"].into_iter().enumerate() {
        let gone = &swapped["ways"][at];
        assert_eq!((&gone["way"], &gone["failed"]), (&way.into(), &Value::Null), "{swapped}");
        let without = gone["without_service_seconds"].as_f64().unwrap();
        assert!(without > 0.0 && without < 30.0, "{swapped}");
        let steps = gone["steps"].as_array().unwrap().iter();
        assert!(steps.clone().any(|step| step["name"] == "create"), "{swapped}");
    }
    // It is no release and no rollback: nothing is told but that it has passed, and it counts as none.
    host.eventually("that it has passed is told", || host.hook.posts("drill-passed").len() == 1);
    for news in ["rollback-started", "rollback-succeeded", "drift-detected", "service-down"] {
        assert!(host.hook.posts(news).is_empty(), "{news}");
    }
    let releases: Value = serde_json::from_str(&host.says(0, &["releases", "--json"])).unwrap();
    let states = releases.as_array().unwrap().iter().map(|release| release["state"].clone());
    assert_eq!(states.collect::<Vec<_>>(), ["accepted", "accepted"], "{releases}");
    assert!(host.says(0, &["record", "--verify"]).contains("whole"));
}

#[test]
fn where_the_version_before_does_not_come_up_it_goes_forth_at_once() {
    let host = Host::new("drill-swap-ends");
    host.write_rules("");
    let program = host.path("program");
    std::fs::copy(golive_fixtures::daemon::program(), &program).unwrap();
    let (publish, tag) = (format!("127.0.0.1:{}:8080", host.port), host.tag("1"));
    let mount = format!("{}:/program", program.display());
    let run = ["run", "-d", "--name", &host.name, "-p", &publish, "-v", &mount, &tag];
    docker(&[&run[..], &["/program", "demo-service", "--listen", "0.0.0.0:8080", "--version", "1"]].concat());
    host.start();
    host.eventually("it is accepted and ready", || host.status()["readiness"]["ready"] == true);
    with_another_version(&host);
    // What ran is not what is started when it is made anew.
    let other = host.path("other");
    std::fs::copy("/bin/busybox", &other).unwrap();
    std::fs::rename(&other, &program).unwrap();

    let said = swap(&host, 1);
    assert!(said.contains("going back to 1 failed"), "{said}");
    assert!(said.contains("went forth to 2, without the service for "), "{said}");
    host.assert_only("2");
    assert_eq!((host.phase(), host.status()["accepted"]["version"].clone()), ("idle".into(), "2".into()));
    assert_eq!(host.hook.posts("drill-failed").remove(0)["data"]["tier"], "important");
    assert!(host.hook.posts("rollback-failed").is_empty(), "nobody has to come");
}

#[test]
fn killed_on_both_ways_it_goes_on() {
    let mut host = Host::new("drill-swap-kill");
    host.write_rules("");
    host.with_good_version();
    with_another_version(&host);
    std::thread::scope(|scope| {
        let swap = scope.spawn(|| swap(&host, 0));
        for way in 1..=2 {
            host.eventually("it goes that way", || ways(&host).len() == way);
            host.kill();
            host.spawn();
        }
        let said = swap.join().unwrap();
        assert!(said.contains("went back to 1") && said.contains("went forth to 2"), "{said}");
    });
    host.assert_only("2");
    assert_eq!(host.phase(), "idle");
    assert!(host.hook.posts("rollback-started").is_empty());
}

#[test]
fn whoever_is_on_call_is_called_and_answers() {
    let mut host = Host::new("drill-call");
    host.write_rules("[alert.urgent]\nchannels = [\"hook\"]\n");
    host.with_good_version();
    let called = std::thread::scope(|scope| {
        let drill = scope.spawn(|| host.says(0, &["drill", "shop", "--page"]));
        host.eventually("the call has come", || !host.hook.posts("drill").is_empty());
        let call = host.hook.posts("drill").remove(0);
        assert_eq!(call["data"]["tier"], "urgent");
        assert!(call["data"]["text"].to_string().contains("DRILL"), "{call}");
        host.says(0, &["ack", call["data"]["incident"].as_str().unwrap(), "--by", "ann"]);
        drill.join().unwrap()
    });
    assert!(called.contains("on-call answered after ") && called.contains("(ann)"), "{called}");
    host.eventually("that it was one is told", || !host.hook.posts("drill-answered").is_empty());
    assert_eq!(record(&host)["drills"][0]["acknowledged_by"], "ann");
}
