//! A proxy before the engine that lets through what `docs/engine-calls.md` lists, and refuses everything else.

use golive_fixtures::calls::{Call, documented};
use golive_fixtures::engine::docker;
use golive_fixtures::host::Host;

use crate::compose::{BAD, Shop};

/// What the list calls a Swarm's or the demo's.
const ELSEWHERE: [&str; 7] =
    ["services", "tasks", "nodes", "configs", "secrets", "images/json", "images/create"];

/// What is said of a call that is not on the list.
const REFUSED: &str = "what stands before the Docker Engine does not let this call through (status 403)";

/// Without one of the calls.
fn all_but(method: &str, path: &str) -> Vec<Call> {
    let mut calls = documented();
    let before = calls.len();
    calls.retain(|call| *call != Call::new(method, path));
    assert_eq!(calls.len(), before - 1, "{method} {path} is on the list once");
    calls
}

/// Networks and a volume of a test's own, removed after its containers.
struct Apart(String);

impl Apart {
    /// Version 1 in two networks, with a volume, and with a file that was put into it: with all that golive looks after.
    fn deploy(&self, host: &Host) {
        let Self(name) = self;
        let done = |args: &[&str]| {
            let output = docker(args);
            assert!(output.status.success(), "{args:?}: {output:?}");
        };
        let (publish, tag) = (format!("127.0.0.1:{}:8080", host.port), host.tag("1"));
        let (first, second, volume) =
            (format!("{name}-a"), format!("{name}-b"), format!("{name}-data:/data"));
        done(&["network", "create", &first]);
        done(&["network", "create", &second]);
        let program = ["/golive", "demo-service", "--listen", "0.0.0.0:8080", "--version", "1"];
        let mut create = vec!["create", "--name", name, "--restart", "always", "-p", &publish];
        create.extend(["--network", &*first, "-v", &*volume, &*tag]);
        create.extend(program);
        done(&create);
        done(&["network", "connect", &second, name]);
        let file = host.path("app.conf");
        std::fs::write(&file, "colour = blue\n").unwrap();
        done(&["cp", file.to_str().unwrap(), &format!("{name}:/app.conf")]);
        done(&["start", name]);
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let Self(name) = self;
        docker(&["network", "rm", &format!("{name}-a"), &format!("{name}-b")]);
        docker(&["volume", "rm", &format!("{name}-data")]);
    }
}

#[test]
fn a_container_is_taken_back_with_the_documented_calls_and_no_other() {
    let mut host = Host::new("filtered");
    let apart = Apart(host.name.clone());
    let proxy = host.through_proxy();
    proxy.allow_only(documented());
    host.write_rules("[service.shop.health.engine]\ndocker = true\n[service.shop.drill]\nstart = true\n");
    host.replace_in_rules("verify = \"1s\"", "verify = \"1s\"\nkeep = 1");
    apart.deploy(&host);
    host.start();
    host.eventually("version 1 is accepted and ready to go back to", || {
        let status = host.status();
        status["accepted"]["version"] == "1" && status["readiness"]["ready"] == true
    });
    let drill = host.golive(&["drill", "shop", "--level", "steps"]);
    assert!(drill.status.success(), "{drill:?}");
    host.deploy("2", &["--fail-after", "1s"]);
    host.eventually("it is rolled back", || host.hook.posts("rollback-succeeded").len() == 1);
    host.assert_only("1");
    host.deploy("3", &[]);
    host.eventually("3 is accepted, and 1 is kept no more", || {
        host.status()["accepted"]["version"] == "3" && proxy.made(&Call::new("DELETE", "/images/{name}"))
    });
    let check = host.golive(&["check", "--online"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    assert_eq!(proxy.barred(), [""; 0]);
    assert!(host.hook.posts("cleanup-incomplete").is_empty());
    // The list is no longer than it has to be, as far as one container goes.
    let here = |call: &Call| !ELSEWHERE.iter().any(|path| call.path().starts_with(path));
    let unused: Vec<Call> = documented().into_iter().filter(|call| here(call) && !proxy.made(call)).collect();
    assert!(unused.is_empty(), "{unused:?}");
    // What was made of version 1 goes before its networks do.
    drop((host, apart));
}

#[test]
fn a_project_is_taken_back_with_the_documented_calls_and_no_other() {
    let mut shop = Shop::new("filtered-set");
    let proxy = shop.host.through_proxy();
    proxy.allow_only(documented());
    shop.rules("");
    shop.with_good_version();
    let db = shop.id("db");
    shop.up(&shop.file("2", BAD));
    shop.host.eventually("it is rolled back", || shop.host.hook.posts("rollback-succeeded").len() == 1);
    shop.assert_only("1", &db);
    assert_eq!(proxy.barred(), [""; 0]);
    assert!(shop.host.hook.posts("cleanup-incomplete").is_empty());
}

/// What is met in the rollback is undone, and said with the call that is missing in the list.
#[test]
fn a_call_that_the_proxy_refuses_in_a_rollback_is_named_and_the_bad_release_runs_again() {
    let mut host = Host::new("filtered-rename");
    let proxy = host.through_proxy();
    proxy.allow_only(documented());
    host.write_rules("");
    host.with_good_version();
    // Somebody changes the list, and golive has tried all of it.
    proxy.allow_only(all_but("POST", "/containers/{id}/rename"));
    host.deploy("2", &["--fail-after", "1s"]);
    host.eventually("it is told", || !host.hook.posts("rollback-failed").is_empty());
    let told = host.hook.posts("rollback-failed")[0]["data"].to_string();
    assert!(told.contains("rename container") && told.contains(REFUSED), "{told}");
    assert_eq!(host.answer().as_deref(), Some("shop 2"), "rather the bad one than none");
    assert_eq!(host.phase(), "needs-person");
    assert!(proxy.barred().iter().all(|line| line.contains("/rename")), "{:?}", proxy.barred());
    proxy.allow_only(documented());
    host.says(0, &["rollback", "shop", "--wait"]);
    host.assert_only("1");
}

/// Every call that a rollback makes is tried beforehand, and is missed before any release goes wrong.
#[test]
fn a_call_that_the_proxy_refuses_beforehand_makes_it_not_ready() {
    let mut host = Host::new("filtered-lacks");
    let proxy = host.through_proxy();
    host.write_rules("");
    proxy.allow_only(all_but("POST", "/containers/create"));
    host.deploy("1", &[]);
    host.start();
    let problems = || host.status()["readiness"]["problems"].to_string();
    let lacks = |what: &str| {
        host.eventually("what is missing is named", || {
            problems().contains(what) && problems().contains(REFUSED)
        });
    };
    lacks("create container");
    host.eventually("it is told", || !host.hook.posts("rollback-not-ready").is_empty());
    // It looks anew when it starts.
    let again = |calls: Vec<Call>| {
        host.kill();
        proxy.allow_only(calls);
        host.start();
    };
    for (call, what) in [
        ("start", "start container"),
        ("update", "change the restart policy of container"),
        ("stop", "stop container"),
        ("rename", "rename container"),
        ("wait", "wait for container"),
    ] {
        again(all_but("POST", &format!("/containers/{{id}}/{call}")));
        lacks(what);
    }
    assert_eq!(host.answer().as_deref(), Some("shop 1"), "nothing that runs was touched");
    again(documented());
    host.eventually("it is ready once the list is whole", || host.status()["readiness"]["ready"] == true);
    let names = docker(&["ps", "-a", "--filter", "name=golive-rehearsal-", "--format", "{{.Names}}"]);
    let names = String::from_utf8_lossy(&names.stdout).into_owned();
    assert!(!names.contains(&host.name), "{names}");
}
