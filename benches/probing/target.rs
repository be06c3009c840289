//! What is looked at: a server in a process of its own, that knows when each path was asked for.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Asked = Arc<Mutex<BTreeMap<String, Vec<Instant>>>>;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";

/// The server, seen from outside.
pub(crate) struct Target {
    child: Mutex<Child>,
    port: u16,
}

/// What it was asked.
pub(crate) struct Told {
    pub(crate) probes: u32,
    pub(crate) late: Option<Duration>,
}

impl Target {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("target")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let port = line(&mut child).parse().unwrap();
        Self { child: Mutex::new(child), port }
    }

    pub(crate) fn url(&self, n: usize) -> String {
        format!("http://127.0.0.1:{}/{n}", self.port)
    }

    /// Counts from now on.
    pub(crate) fn forget(&self) {
        self.ask("forget");
    }

    pub(crate) fn told(&self, interval: Duration) -> Told {
        let told = self.ask(&format!("tell {}", interval.as_micros()));
        let mut numbers = told.split(' ');
        let probes = numbers.next().unwrap().parse().unwrap();
        Told { probes, late: numbers.next().map(|late| Duration::from_micros(late.parse().unwrap())) }
    }

    fn ask(&self, what: &str) -> String {
        let mut child = self.child.lock().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{what}").unwrap();
        line(&mut child)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        drop(child.kill());
        drop(child.wait());
    }
}

/// One at a time, so that nothing is read beyond it.
fn line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::with_capacity(1, child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    line.trim().to_owned()
}

/// Serves until it is killed.
pub(crate) fn serve() {
    let asked = Asked::default();
    let answers = Arc::clone(&asked);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let line = line.unwrap();
            let mut asked = answers.lock().unwrap();
            match line.split_once(' ') {
                Some((_, interval)) => println!("{}", summary(&asked, interval.parse().unwrap())),
                None => {
                    asked.clear();
                    println!();
                }
            }
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, Arc::clone(&asked)));
        }
    });
}

async fn answer(mut stream: TcpStream, asked: Asked) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let head = String::from_utf8_lossy(&buffer[..read]);
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        asked.lock().unwrap().entry(path).or_default().push(Instant::now());
        if stream.write_all(ANSWER).await.is_err() {
            return;
        }
    }
}

/// How often it was asked, and how much too late at most in 99 of 100.
fn summary(asked: &BTreeMap<String, Vec<Instant>>, interval: u64) -> String {
    let probes: usize = asked.values().map(Vec::len).sum();
    let gaps = asked.values().flat_map(|times| times.windows(2).map(|pair| pair[1].duration_since(pair[0])));
    let late = |gap: Duration| gap.saturating_sub(Duration::from_micros(interval)).as_micros();
    let mut late: Vec<u128> = gaps.map(late).collect();
    late.sort_unstable();
    match late.get(late.len() * 99 / 100) {
        Some(late) => format!("{probes} {late}"),
        None => probes.to_string(),
    }
}
