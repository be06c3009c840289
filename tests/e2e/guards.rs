//! The restored version does not work either; what was taken back comes again; what runs is not what was released.

use golive_fixtures::host::Host;

/// Fails for every version that is named in the file `broken`, whatever the service itself says.
const CHECK: &str = "[service.shop.health.order]\ncommand = [\"sh\", \"DIR/check\"]\ntimeout = \"2s\"\n";

#[test]
fn a_restored_version_that_does_not_work_is_left_for_the_next_older_one() {
    let mut host = Host::new("older");
    let dir = host.dir().display().to_string();
    host.write_rules(&CHECK.replace("DIR", &dir));
    let script = format!(
        "version=$(curl -s -m 1 http://127.0.0.1:{}/) && ! grep -qx \"$version\" {dir}/broken\n",
        host.port
    );
    std::fs::write(host.path("check"), script).unwrap();
    std::fs::write(host.path("broken"), "").unwrap();
    host.with_good_version();
    host.deploy("2", &[]);
    host.eventually("version 2 is accepted", || host.status()["accepted"]["version"] == "2");
    host.deploy("3", &[]);
    host.eventually("version 3 is watched", || host.status()["release"]["version"] == "3");
    // It breaks what version 2 cannot live with either.
    std::fs::write(host.path("broken"), "shop 2\nshop 3\n").unwrap();
    host.says(10, &["wait", "shop", "--timeout", "60s"]);
    host.assert_only("1");
    host.eventually("all of it is told", || host.hook.posts("drift-detected").len() == 1);
    let again = &host.hook.posts("rollback-next-older")[0]["data"];
    assert_eq!((again["from"].as_str(), again["to"].as_str()), (Some("3"), Some("1")), "{again:#}");
    assert_eq!(host.hook.posts("rollback-started").len(), 1);
    assert_eq!(host.hook.posts("rollback-succeeded").len(), 1);
    let diverged = &host.hook.posts("drift-detected")[0]["data"];
    assert_eq!((diverged["from"].as_str(), diverged["to"].as_str()), (Some("1"), Some("3")), "{diverged:#}");
    host.says(1, &["status"]);

    std::fs::write(host.path("broken"), "").unwrap();
    host.deploy("3", &[]);
    host.eventually("it is known", || host.hook.posts("known-bad-version").len() == 1);
    host.eventually("it is good now", || host.status()["accepted"]["version"] == "3");
    host.assert_only("3");
    assert_eq!(host.status()["quarantine"].as_array().map(Vec::len), Some(0));
    host.eventually("that it has not diverged is told", || host.hook.posts("drift-resolved").len() == 1);
}
