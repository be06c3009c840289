//! The main job, and what must not happen beside it.

use golive_fixtures::engine::{containers_of, docker, inspect, tags_of};
use golive_fixtures::host::Host;

/// Turns bad two seconds after its start.
const BAD: [&str; 2] = ["--fail-after", "2s"];

#[test]
fn a_bad_release_takes_itself_back_and_tells_people() {
    let mut host = Host::new("bad");
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &BAD);
    host.says(10, &["wait", "shop", "--timeout", "60s"]);
    host.assert_only("1");
    assert_eq!(inspect(&host.name, "{{.HostConfig.RestartPolicy.Name}}"), "always");

    host.eventually("both channels told of the outcome", || {
        host.hook.posts("rollback-succeeded").len() == 1
            && host.mail.subjects().iter().any(|s| s.contains("rolled back"))
    });
    let told = &host.hook.posts("rollback-succeeded")[0]["data"];
    assert_eq!((told["from"].as_str(), told["to"].as_str()), (Some("2"), Some("1")), "{told:#}");
    assert_eq!(told["tier"], "urgent");
    let text = told["reason"].as_str().unwrap().to_owned() + told["text"].as_str().unwrap();
    assert!(text.contains("500"), "{text}");
    let mail = host.mail.subjects().into_iter().rfind(|subject| subject.contains("rolled back")).unwrap();
    for word in ["URGENT", "shop", "2", "1", "web"] {
        assert!(mail.contains(word), "{mail} lacks {word}");
    }
    let drawn = |mail: &String| mail.contains("Subject: [URGENT]") && mail.contains("image/png");
    let drawn = host.mail.mails().iter().filter(|mail| drawn(mail)).count();
    assert_eq!(drawn, 2, "the failed checks are drawn, when it begins and when it is over");

    let status = host.status();
    assert_eq!(status["phase"], "idle");
    let explain = host.says(0, &["explain"]);
    for word in ["web", "500", "stop", "start", "rolled-back"] {
        assert!(explain.contains(word), "explain lacks {word}:\n{explain}");
    }
    let record = host.says(0, &["record"]);
    assert!(record.contains('2') && record.contains("500"), "{record}");
    assert!(record.contains("**Restored version**: 1"), "{record}");
    let releases = host.says(0, &["releases"]);
    assert!(releases.contains("rolled-back") && releases.contains("accepted"), "{releases}");
}

#[test]
fn a_good_release_is_accepted_and_becomes_the_one_to_go_back_to() {
    let mut host = Host::new("good");
    host.write_rules("");
    host.with_good_version();
    let release = host.golive(&["release", "shop", "--version", "2", "--by", "Ada", "--feature", "carts"]);
    assert!(release.status.success(), "{release:?}");
    host.deploy("2", &[]);
    host.eventually("the new release is watched", || host.phase() == "watching");
    host.says(0, &["wait", "shop", "--timeout", "60s"]);
    assert_eq!(host.status()["accepted"]["version"], "2");
    host.assert_only("2");
    let record = host.says(0, &["record"]);
    assert!(record.contains("Ada") && record.contains("carts"), "{record}");

    host.says(0, &["rollback", "shop", "--dry-run"]);
    host.assert_only("2");
    host.says(0, &["rollback", "shop", "--reason", "changed our minds", "--wait"]);
    host.assert_only("1");
}

#[test]
fn a_release_that_crashes_at_once_is_rolled_back() {
    let mut host = Host::new("crash");
    host.write_rules("[service.shop.health.engine]\ndocker = true\n");
    host.with_good_version();
    docker(&["rm", "-f", "-v", &host.name]);
    let tag = host.tag("2");
    // A port of its own, so that the new version's crash is all that is wrong.
    let run =
        docker(&["run", "-d", "--name", &host.name, "--restart", "always", &tag, "/golive", "no-such-verb"]);
    assert!(run.status.success());
    host.eventually("it is rolled back", || {
        host.answer().as_deref() == Some("shop 1") && host.phase() == "idle"
    });
    host.assert_only("1");
}

#[test]
fn the_good_image_survives_its_tag_and_a_prune() {
    let mut host = Host::new("prune");
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &BAD);
    // What a nightly clean-up does; `docker image prune -af` would take other tests' images along.
    docker(&["rmi", &host.tag("1")]);
    host.eventually("it is rolled back", || host.answer().as_deref() == Some("shop 1"));
    host.eventually("it is verified", || host.phase() == "idle");
    // What is pinned under golive's tag alone goes with the test all the same.
    let name = host.name.clone();
    assert!(tags_of(&name).iter().any(|tag| tag.starts_with("golive/pin:")), "{:?}", tags_of(&name));
    drop(host);
    assert_eq!((containers_of(&name), tags_of(&name)), (Vec::new(), Vec::new()));
}

#[test]
fn a_container_that_lives_in_the_bad_one_follows() {
    let mut host = Host::new("lodger");
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &["--fail-after", "1500ms"]);
    let (side, inside, tag) =
        (format!("{}-side", host.name), format!("container:{}", host.name), host.tag("1"));
    let service = ["/golive", "demo-service", "--listen", "127.0.0.1:9999", "--version", "side"];
    let run = ["run", "-d", "--name", &side, "--network", &inside, "--restart", "always", &tag];
    docker(&[&run[..], &service].concat());
    host.eventually("it is rolled back", || host.hook.posts("rollback-succeeded").len() == 1);
    let restored = format!("container:{}", inspect(&host.name, "{{.Id}}"));
    assert_eq!(inspect(&side, "{{.HostConfig.NetworkMode}}"), restored);
    assert_eq!(inspect(&side, "{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}"), "running always");
    assert!(host.hook.posts("cleanup-incomplete").is_empty());
}
