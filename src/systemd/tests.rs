use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output};

use super::*;

/// Set in the process that speaks to systemd for a test.
const CHILD: &str = "GOLIVE_TEST_SYSTEMD";

/// Does something only in a process that another test has started.
#[test]
fn speak() {
    if std::env::var_os(CHILD).is_some() {
        ready();
        reloading();
        ready();
        status("watching api\nMAINPID=1");
        watchdog();
        stopping();
        println!("every {:?}", watchdog_interval());
    }
}

fn child(environment: &[(&str, &str)]) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "systemd::tests::speak", "--nocapture"]).env(CHILD, "1");
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
        child.env_remove(name);
    }
    let output = child.envs(environment.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

#[test]
fn systemd_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("notify");
    let systemd = UnixDatagram::bind(&socket).unwrap();
    systemd.set_nonblocking(true).unwrap();
    let output = child(&[("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", "30000000")]);
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length) = systemd.recv(&mut buffer) {
        heard.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    let reload = heard.remove(1);
    let since = reload.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().trim_end();
    assert!(since.parse::<u64>().is_ok_and(|since| since > 0), "{reload}");
    let others =
        ["READY=1\n", "READY=1\n", "STATUS=watching api MAINPID=1\n", "WATCHDOG=1\n", "STOPPING=1\n"];
    assert_eq!(heard, others);
    assert!(String::from_utf8_lossy(&output.stdout).contains("every Some(30s)"), "{output:?}");
}

#[test]
fn without_systemd_nothing_happens() {
    let none = |environment| String::from_utf8(child(environment).stdout).unwrap().contains("every None");
    assert!(none(&[]));
    assert!(none(&[("NOTIFY_SOCKET", "/nonexistent/notify"), ("WATCHDOG_USEC", "0")]));
    // Another process's watchdog.
    assert!(none(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "1")]));
}
