//! What golive stands on goes away: Docker, the channels, the disk.

use std::process::Command;
use std::time::Duration;

use golive_fixtures::daemon::program;
use golive_fixtures::host::Host;

#[test]
fn docker_away_during_the_watch_is_told_and_is_no_failure() {
    let mut host = Host::new("engine-watch");
    let proxy = host.through_proxy();
    host.write_rules("[service.shop.health.engine]\ndocker = true\n");
    host.with_good_version();
    host.deploy("2", &[]);
    host.eventually("the release is watched", || host.phase() == "watching");
    proxy.set_cut(true);
    host.eventually("it is told", || !host.hook.posts("docker-unreachable").is_empty());
    proxy.set_cut(false);
    host.eventually("that it is back is told", || !host.hook.posts("docker-recovered").is_empty());
    host.eventually("the release is accepted in the end", || host.status()["accepted"]["version"] == "2");
    assert!(host.hook.posts("rollback-started").is_empty());
}

#[test]
fn no_rollback_begins_while_docker_is_away() {
    let mut host = Host::new("engine-fails");
    let proxy = host.through_proxy();
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &["--fail-after", "1s"]);
    host.eventually("the release is watched", || host.phase() == "watching");
    proxy.set_cut(true);
    let health = format!("http://127.0.0.1:{}/health", host.port);
    let fails = || !Command::new("curl").args(["-sf", "-m", "1", &health]).output().unwrap().status.success();
    host.eventually("it fails", fails);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(host.phase(), "watching");
    proxy.set_cut(false);
    host.eventually("it is rolled back", || host.hook.posts("rollback-succeeded").len() == 1);
    host.assert_only("1");
}

#[test]
fn docker_away_during_the_rollback_only_delays_it() {
    let mut host = Host::new("engine-rollback");
    let proxy = host.through_proxy();
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &["--fail-after", "1s"]);
    host.eventually("the rollback has begun", || host.phase() == "rolling-back");
    proxy.set_cut(true);
    std::thread::sleep(Duration::from_secs(2));
    proxy.set_cut(false);
    host.eventually("it is rolled back", || host.hook.posts("rollback-succeeded").len() == 1);
    host.assert_only("1");
}

#[test]
fn channels_down_and_the_daemon_killed_meanwhile_lose_nothing() {
    let mut host = Host::new("channels");
    host.write_rules("");
    host.with_good_version();
    host.receivers_down(true);
    host.deploy("2", &["--fail-after", "1s"]);
    host.eventually("it is rolled back", || host.status()["decided"]["state"] == "rolled-back");
    host.kill();
    assert!(host.hook.posts("rollback-succeeded").is_empty());
    host.start();
    host.receivers_down(false);
    host.eventually("all of it is told after all", || {
        // What began and ended meanwhile comes as one message.
        let told = |subject: &String| {
            subject.contains("rolled back") && subject.replace(' ', "").contains("firedandrecovered")
        };
        host.hook.posts("rollback-succeeded").len() == 1 && host.mail.subjects().iter().any(told)
    });
    let log = host.says(0, &["notify", "log"]);
    assert!(log.contains("sent") && log.contains("rollback") || log.contains("shop-1"), "{log}");
}

#[test]
fn a_full_disk_is_told_and_watching_goes_on() {
    let mut host = Host::new("disk");
    host.write_rules("");
    let state = host.path("state");
    std::fs::create_dir(&state).unwrap();
    let tmpfs = ["-t", "tmpfs", "-o", "size=16m", "golive-test", state.to_str().unwrap()];
    assert!(Command::new("mount").args(tmpfs).status().unwrap().success());
    let unmount = Unmount(state.clone());
    host.with_good_version();
    let filler = state.join("filler");
    let fill = format!("cat /dev/zero > {} 2>/dev/null", filler.display());
    Command::new("sh").args(["-c", &fill]).status().unwrap();
    host.deploy("2", &["--fail-after", "1s"]);
    host.eventually("it is told although it cannot be stored", || {
        !host.hook.posts("store-unavailable").is_empty()
    });
    let status: serde_json::Value =
        serde_json::from_slice(&host.golive(&["status", "--json"]).stdout).unwrap();
    assert!(status["daemon"]["store_error"].is_string(), "{status:#}");
    host.eventually("nothing is touched that could not be recorded", || {
        host.answer().as_deref() == Some("shop 2")
    });
    std::fs::remove_file(&filler).unwrap();
    host.eventually("what waited is done", || host.hook.posts("rollback-succeeded").len() == 1);
    host.assert_only("1");
    host.kill();
    drop(unmount);
}

#[test]
fn a_second_daemon_on_the_same_state_is_refused() {
    let host = Host::new("second");
    host.write_rules("");
    host.start();
    let second = Command::new(program())
        .args(["--config", host.path("rules.toml").to_str().unwrap()])
        .args(["--socket", host.path("other.sock").to_str().unwrap(), "daemon"])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(75), "{second:?}");
    assert!(String::from_utf8_lossy(&second.stderr).contains("another golive daemon"), "{second:?}");
    assert_ne!(host.golive(&["status"]).status.code(), Some(69), "the first one is not disturbed");
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
