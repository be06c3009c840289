//! What can become of the operator's own rollback command, and how it ends: told truthfully, and a person can finish it.

use crate::shop::Shop;

/// Goes where it is told to.
const GOOD: &str = "echo $1 >PATH/half && mv PATH/half PATH/version && echo good >PATH/health\n";

/// A bad release is to be taken back by that script; gives what golive says in the end.
fn ends_with(script: &str, version: &str, says: &str) {
    let shop = Shop::open("");
    let here = |script: &str| script.replace("PATH", &shop.dir().display().to_string());
    shop.reload(&shop.rules().replace("\"{to}\"] }", "\"{to}\"], rollback-timeout = \"1s\" }"));
    shop.eventually("the reload is done", || shop.logged().contains("the new configuration is in force"));
    shop.write("rollback", &here(script));
    shop.deploy("2", false);
    shop.until("a person is needed", |now| now["phase"] == "needs-person");
    let why = shop.status()["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains(says), "{why}");
    assert!(shop.says(0, &["incidents"]).contains("ROLLBACK FAILED"));
    assert_eq!(shop.version(), version);
    shop.says(11, &["wait", "shop", "--timeout", "5s"]);
    shop.write("rollback", &here(GOOD));
    shop.says(0, &["rollback", "shop", "--to", "1", "--wait"]);
    assert_eq!(shop.version(), "1");
}

#[test]
fn it_fails() {
    ends_with("echo no such image; exit 4\n", "2", "it exited 4 and printed: no such image");
}

#[test]
fn it_hangs() {
    ends_with("echo pulling; sleep 60\n", "2", "pulling");
}

#[test]
fn it_says_yes_and_does_nothing() {
    ends_with("exit 0\n", "2", "2 runs");
}

#[test]
fn it_goes_somewhere_else() {
    ends_with("echo 0 >PATH/version\n", "0", "0 runs");
}

#[test]
fn golive_is_killed_while_it_runs() {
    let shop = Shop::open("");
    let path = shop.dir().display().to_string();
    let slow = format!("echo $1 >>PATH/calls; sleep 1\n{GOOD}").replace("PATH", &path);
    shop.write("rollback", &slow);
    shop.deploy("2", false);
    let calls = |shop: &Shop| std::fs::read_to_string(shop.path("calls")).unwrap_or_default();
    shop.eventually("it is called", || !calls(&shop).is_empty());
    shop.kill();
    shop.start();
    shop.until("it is rolled back all the same", |now| now["decided"]["state"] == "rolled-back");
    assert_eq!(shop.version(), "1");
    assert!(calls(&shop).lines().all(|to| to == "1"), "{}", calls(&shop));
    assert!(shop.says(0, &["releases"]).contains("rolled-back"));
}
