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
