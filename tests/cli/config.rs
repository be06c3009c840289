//! `golive check`, and every verb's answer to a bad configuration.

use tempfile::TempDir;

use crate::{golive, rules, stderr, stdout};

const GOOD: &str = r#"
[state]
dir = "/nonexistent/golive"
[service.shop]
command = { version = ["echo", "1"], rollback = ["true"] }
[service.shop.health.one]
command = ["true"]
[service.shop.health.two]
command = ["true"]
[channel.hook]
webhook = { format = "standard", url = "http://127.0.0.1:9/" }
"#;

#[test]
fn good_rules_are_counted() {
    let dir = TempDir::new().unwrap();
    let rules = rules(dir.path(), GOOD);
    let check = golive(&["--config", &rules, "check"]).code(0);
    assert_eq!(stdout(&check), format!("{rules} is good: 1 service, 2 health checks, 1 channel\n"));
}

#[test]
fn what_is_not_safe_is_said_of_good_rules() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let (script, token) = (dir.path().join("deploy.sh"), dir.path().join("token"));
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o777)).unwrap();
    std::fs::write(&token, "s3cret").unwrap();
    std::fs::set_permissions(&token, PermissionsExt::from_mode(0o600)).unwrap();
    let text = GOOD.replace("[\"true\"] }", &format!("[\"/bin/sh\", \"{}\"] }}", script.display())).replace(
        "http://127.0.0.1:9/\"",
        &format!("http://10.0.0.7/\", bearer-token-file = \"{}\"", token.display()),
    );
    let rules = rules(dir.path(), &(text + "[page]\nlisten = \"0.0.0.0:0\"\n"));
    let told = stdout(&golive(&["--config", &rules, "check"]).code(0));
    for line in [
        "rules.toml is good: ",
        "deploy.sh, and so decide what golive does",
        "channel hook: sends what is secret over plain http to another host",
        "page at 0.0.0.0:0: whoever can reach the address may read it",
    ] {
        assert!(told.contains(line), "lacks {line}:\n{told}");
    }
    assert_eq!(told.lines().count(), 4, "{told}");
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let dir = TempDir::new().unwrap();
    let rules =
        rules(dir.path(), "languge = \"en\"\n[service.shop]\ncontainer = \"shop\"\nautonomy = \"yes\"\n");
    for verb in [&["check"][..], &["daemon"], &["releases"], &["explain"], &["notify", "test"]] {
        let check = golive(&[&["--config", &rules], verb].concat()).code(78);
        let told = stderr(&check);
        for word in ["rules.toml:1:1", "did you mean `language`", "rules.toml:4:", "no health check"] {
            assert!(told.contains(word), "{verb:?} lacks {word}:\n{told}");
        }
        assert!(!told.contains('\x1b'), "no colour where there is no terminal");
    }
}

#[test]
fn rules_that_are_not_there_are_a_mistake_too() {
    let check = golive(&["--config", "/nonexistent/rules.toml", "check"]).code(78);
    assert!(stderr(&check).contains("/nonexistent/rules.toml"), "{}", stderr(&check));
}

#[test]
fn online_each_thing_is_tried_once_and_what_is_bad_is_said() {
    let dir = TempDir::new().unwrap();
    let bad = GOOD.replace("health.two]\ncommand = [\"true\"]", "health.two]\ncommand = [\"false\"]");
    let socket = dir.path().join("none.sock");
    let rules = rules(dir.path(), &bad);
    let socket = socket.to_str().unwrap();
    let check = golive(&["--config", &rules, "--socket", socket, "check", "--online"]).code(1);
    let told = stdout(&check);
    for line in [
        "good  shop: 1 runs",
        "good  shop health check one: passed in ",
        "BAD   shop health check two: ",
        "BAD   channel hook: ",
        "state directory /nonexistent/golive: not there yet",
        "no daemon answers",
    ] {
        assert!(told.contains(line), "lacks {line}:\n{told}");
    }
}

#[test]
fn a_docker_that_is_not_there_is_bad_online() {
    let dir = TempDir::new().unwrap();
    let text = "[docker]\nsocket = \"/nonexistent/docker.sock\"\n[service.shop]\ncontainer = \"shop\"\n\
                [service.shop.health.engine]\ndocker = true\n";
    let check = golive(&["--config", &rules(dir.path(), text), "check", "--online"]).code(1);
    assert!(stdout(&check).contains("BAD   Docker at /nonexistent/docker.sock"), "{}", stdout(&check));
}

#[test]
fn a_wrong_template_is_found_by_the_check() {
    let dir = TempDir::new().unwrap();
    let text = GOOD.replace("[channel.hook]\n", "[channel.hook]\ntemplate = { body-file = \"body.j2\" }\n");
    let rules = rules(dir.path(), &text);
    std::fs::write(dir.path().join("body.j2"), "{{ title }}\nseen: {{ raeson }}\n{{ hots }}\n").unwrap();
    let told = stderr(&golive(&["--config", &rules, "check"]).code(78));
    for word in
        ["body.j2:2:", "`raeson`", "seen: {{ raeson }}", "body.j2:3:", "`hots`", "known are acknowledge, "]
    {
        assert!(told.contains(word), "lacks {word}:\n{told}");
    }
    std::fs::write(dir.path().join("body.j2"), "{{ title }}\nseen: {{ reason }}\n{{ host }}\n").unwrap();
    golive(&["--config", &rules, "check"]).code(0);
}
