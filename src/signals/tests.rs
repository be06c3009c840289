use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal as Sent, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::*;

/// Set in the process that takes signals for a test.
const CHILD: &str = "GOLIVE_TEST_SIGNALS";

/// Does something only in a process that another test has started.
#[tokio::test]
async fn listen() {
    if std::env::var_os(CHILD).is_some() {
        let mut signals = Signals::install().unwrap();
        println!("\ninstalled");
        loop {
            println!("{:?}", signals.next().await);
        }
    }
}

struct Listener {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Listener {
    async fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "signals::tests::listen", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut listener = Self { child, lines };
        listener.says("installed").await;
        listener
    }

    fn send(&self, signal: Sent) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    async fn says(&mut self, wanted: &str) {
        let said = async { while self.lines.next_line().await.unwrap().expect("it has ended") != wanted {} };
        tokio::time::timeout(Duration::from_secs(20), said).await.expect(wanted);
    }

    async fn code(mut self) -> Option<i32> {
        tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.unwrap().unwrap().code()
    }
}

#[tokio::test]
async fn signals_come_as_what_they_ask_for() {
    for ending in [Sent::TERM, Sent::INT] {
        let mut listener = Listener::start().await;
        for _ in 0..3 {
            listener.send(Sent::HUP);
            listener.says("Reload").await;
        }
        listener.send(ending);
        listener.says("Terminate").await;
        listener.send(Sent::HUP);
        listener.says("Reload").await;
        listener.send(Sent::TERM);
        assert_eq!(listener.code().await, Some(1));
    }
}

#[tokio::test]
async fn a_broken_pipe_ends_nothing() {
    let mut listener = Listener::start().await;
    listener.send(Sent::PIPE);
    listener.send(Sent::HUP);
    listener.says("Reload").await;
}
