//! An endpoint that can be down, and remembers what it was told.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) url: String,
    down: Arc<AtomicBool>,
    bodies: Arc<Mutex<Vec<Value>>>,
    most: Arc<AtomicU64>,
}

impl Endpoint {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let endpoint = Self { url, down: Arc::default(), bodies: Arc::default(), most: Arc::default() };
        let serving = endpoint.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let taking = serving.clone();
                tokio::spawn(async move { taking.take(BufReader::new(stream)).await });
            }
        });
        endpoint
    }

    /// While down, connections are closed before anything is answered.
    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    pub(super) fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }

    pub(super) fn posts(&self) -> usize {
        self.bodies.lock().unwrap().len()
    }

    /// The most memory in KiB that this process has used while it was told something.
    pub(super) fn most(&self) -> u64 {
        self.most.load(Ordering::SeqCst)
    }

    async fn take(&self, mut stream: BufReader<TcpStream>) -> Option<()> {
        loop {
            let (mut line, mut length) = (String::new(), 0);
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            if self.down.load(Ordering::SeqCst) {
                return None;
            }
            self.most.fetch_max(resident(), Ordering::SeqCst);
            let mut body: Value = serde_json::from_slice(&body).unwrap();
            // What is long is not kept: it would be memory, too.
            for long in ["reason", "text"] {
                body["data"][long].take();
            }
            self.bodies.lock().unwrap().push(body);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.ok()?;
        }
    }
}

/// KiB of this process.
pub(super) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
