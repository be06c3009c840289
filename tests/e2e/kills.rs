//! `kill -9` at every step boundary of a rollback.

use crate::host::Host;
use crate::proxy::Proxy;

const ENGINE: &str = "/var/run/docker.sock";

/// The changing calls of one rollback, from its first to its last, as they are made without a kill.
#[test]
fn killed_right_before_each_call() {
    killed_at_each_call("kill-before", false);
}

#[test]
fn killed_right_after_each_call() {
    killed_at_each_call("kill-after", true);
}

fn killed_at_each_call(name: &str, after: bool) {
    let mut n = 1;
    loop {
        let mut host = Host::new(&format!("{name}-{n}"));
        host.docker_socket = host.path("docker.sock");
        let proxy = Proxy::start(&host.docker_socket, ENGINE);
        host.rules("");
        host.with_good_version();
        host.deploy("2", &["--fail-after", "500ms"]);
        host.eventually("the release is watched", || host.phase() == "watching");
        proxy.kill_at(host.daemon_pid(), n, after);
        host.eventually("killed, or rolled back without a call number so high", || {
            proxy.killed() || host.sinks.posts("rollback-done").len() == 1
        });
        if !proxy.killed() {
            assert!(n > 6, "a rollback has more calls than {n}: {:?}", proxy.calls());
            return;
        }
        host.kill_daemon();
        host.start_daemon();
        host.eventually("it is taken up again and verified", || {
            host.phase() == "idle" && host.sinks.posts("rollback-done").len() == 1
        });
        host.assert_only("1");
        assert_eq!(host.sinks.posts("rollback-done").len(), 1, "told once of the outcome");
        assert_eq!(host.golive(&["wait", "shop", "--timeout", "5s"]).status.code(), Some(10));
        n += 1;
    }
}

/// Anywhere at all: between steps, in a step, while verifying.
#[test]
fn killed_at_many_moments() {
    let mut host = Host::new("kill-moments");
    host.rules("");
    host.allow_many_rollbacks();
    host.with_good_version();
    for round in 0..8_u64 {
        host.deploy("2", &["--fail-after", "300ms"]);
        let told = host.sinks.posts("rollback-done").len();
        host.eventually("the rollback has begun", || matches!(&*host.phase(), "rolling-back" | "verifying"));
        std::thread::sleep(std::time::Duration::from_millis(round * 90));
        host.kill_daemon();
        host.start_daemon();
        host.eventually("it is taken up again and verified", || {
            host.phase() == "idle" && host.sinks.posts("rollback-done").len() > told
        });
        host.assert_only("1");
    }
}
