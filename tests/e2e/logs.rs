//! What containers write to their logs, as the engine keeps it.

use golive_fixtures::engine::{busybox, docker};
use golive_fixtures::host::Host;

/// A container of this host that runs a script.
fn writes(host: &Host, name: &str, more: &[&str], script: &str) {
    let (tag, name) = (format!("{}:box", host.name), name.to_owned());
    if !docker(&["image", "inspect", &tag]).status.success() {
        let tar = busybox(&host.path(""), &["sh", "sleep", "rm"], &[]);
        assert!(docker(&["import", &tar, &tag]).status.success());
    }
    let run =
        [&["run", "-d", "--stop-timeout", "1", "--name", &name][..], more, &[&tag, "/bin/sh", "-c", script]];
    let made = docker(&run.concat());
    assert!(made.status.success(), "{made:?}");
}

fn rules(host: &Host, more: &str) {
    let (socket, state) = (host.docker_socket.display(), host.path("state"));
    let state = state.display();
    host.set_rules(&format!("[docker]\nsocket = \"{socket}\"\n[state]\ndir = \"{state}\"\n{more}"));
}

/// A check of one of those containers.
fn check(host: &Host, name: &str) -> String {
    let of = format!("container = \"{}-{name}\"\ntimeout = \"10s\"\n", host.name);
    format!("[check.{name}]\n{of}logs = {{ pattern = \"ERROR\", above = 3 }}\n")
}

#[test]
fn lines_are_counted_whatever_the_log_is_like() {
    let host = Host::new("logs");
    let (five, rest) = (
        "for i in 1 2 3; do echo ERROR $i; done; echo fine; for i in 4 5; do echo ERROR $i >&2; done",
        "sleep 600",
    );
    let wrote = format!("{five}; {rest}");
    let flood = |line: &str| format!("i=0; while [ $i -lt 12000 ]; do echo {line}; i=$((i+1)); done; {rest}");
    let long = format!(
        "echo -n ERROR; i=0; while [ $i -lt 4000 ]; do echo -n 0123456789; i=$((i+1)); done; echo; {rest}"
    );
    let cases: [(&str, &[&str], &str, &str); 7] = [
        ("plain", &[], &wrote, "5 lines of the last 60s match, 3 may; the last: ERROR"),
        ("terminal", &["-t"], &wrote, "5 lines of the last 60s match, 3 may; the last: ERROR 5"),
        ("ended", &[], five, "5 lines of the last 60s match, 3 may; the last: ERROR"),
        ("quiet", &[], rest, "passed in"),
        (
            "without",
            &["--log-driver", "none"],
            &wrote,
            "its logging driver \"none\" keeps nothing that could be read",
        ),
        (
            "floods",
            &[],
            &flood("ERROR flood"),
            "at least 10000 lines of the last 60s match, 3 may; the last: ERROR flood",
        ),
        (
            "drowns",
            &[],
            &flood("fine"),
            "than is read at once, 10000 lines of a container: at least 0 lines match",
        ),
    ];
    for (name, more, script, _) in cases {
        writes(&host, &format!("{}-{name}", host.name), more, script);
    }
    // One long line, which the engine takes apart, is one line; and nobody writes where nobody is.
    writes(&host, &format!("{}-long", host.name), &[], &long);
    let names = cases.iter().map(|(name, ..)| *name).chain(["long", "gone"]);
    rules(&host, &names.map(|name| check(&host, name)).collect::<String>());
    let said = || String::from_utf8(host.golive(&["check", "--online"]).stdout).unwrap();
    let line = |said: &str, name: &str| {
        let line = said.lines().find(|line| line.contains(&format!(" check {name}: ")));
        line.unwrap_or_else(|| panic!("{name}: {said}")).to_owned()
    };
    host.eventually("the flood is written", || line(&said(), "floods").contains("at least 10000"));
    host.eventually("the other one is, too", || {
        line(&said(), "drowns").contains("10000 lines of a container")
    });
    let said = said();
    for (name, _, _, seen) in cases {
        assert!(line(&said, name).contains(seen), "{name}: {said}");
    }
    assert!(line(&said, "long").contains("passed in"), "{said}");
    assert!(line(&said, "gone").contains("there is no container whose log could be read"), "{said}");
}

#[test]
fn a_log_that_fills_with_errors_is_told_and_so_is_its_end() {
    let host = Host::new("log-told");
    let script = "while :; do [ -f /bad ] && echo 'ERROR: no odds'; sleep 0.5; done";
    writes(&host, &host.name, &[], script);
    rules(
        &host,
        &format!(
            "[service.shop]\ncontainer = \"{}\"\n[service.shop.watch]\nwindow = \"3s\"\ninterval = \"500ms\"\n\
             [service.shop.health.up]\ndocker = true\n[service.shop.acceptance.log]\n\
             logs = {{ pattern = \"ERROR\" }}\n\
             [check.errors]\nservice = \"shop\"\nevery = \"5s\"\ntier = \"important\"\n\
             logs = {{ pattern = \"ERROR\", above = 2, over = \"10s\" }}\n\
             [channel.hook]\nwebhook = {{ format = \"standard\", url = \"{}\" }}\n",
            host.name,
            host.hook.url("/alerts"),
        ),
    );
    host.start();
    let rule = || host.everything()["rules"][0].clone();
    host.eventually("it has been looked at", || rule()["verdict"] == "pass");
    assert_eq!(
        (rule()["name"].as_str(), rule()["value"].as_f64(), rule()["limit"].as_f64()),
        (Some("errors"), Some(0.0), Some(2.0))
    );
    assert!(host.says(0, &["verify", "shop"]).contains("log"), "its own acceptance passes");
    assert!(docker(&["exec", &host.name, "/bin/sh", "-c", "> /bad"]).status.success());
    host.eventually("it is told", || !host.hook.posts("threshold-exceeded").is_empty());
    let told = host.hook.posts("threshold-exceeded").remove(0)["data"].clone();
    let text = told.to_string();
    assert!(
        text.contains("check errors fails") && text.contains("2 may; the last: ERROR: no odds"),
        "{text}"
    );
    assert_eq!(told["tier"], "important");
    host.says(1, &["verify", "shop"]);
    assert!(docker(&["exec", &host.name, "/bin/rm", "/bad"]).status.success());
    host.eventually("its end is told", || !host.hook.posts("threshold-recovered").is_empty());
    assert_eq!(host.phase(), "idle", "nothing is rolled back");
}
