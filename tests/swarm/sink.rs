//! Where alerts arrive: an HTTP endpoint that takes everything.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) url: String,
    posts: Arc<Mutex<Vec<Value>>>,
}

impl Sink {
    pub(crate) fn start(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        let sink = Self { url, posts: Arc::default() };
        let taker = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (taker, stream) = (taker.clone(), stream.unwrap());
                std::thread::spawn(move || drop(taker.take(stream)));
            }
        });
        sink
    }

    /// The bodies about one event, in the order they came.
    pub(crate) fn posts(&self, event: &str) -> Vec<Value> {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter(|post| post["data"]["event"] == event).cloned().collect()
    }

    /// The ids of what came about one event.
    pub(crate) fn ids(&self, event: &str) -> BTreeSet<String> {
        self.posts(event).iter().map(|post| post["data"]["id"].to_string()).collect()
    }

    /// What came, in a word each.
    pub(crate) fn events(&self) -> Vec<String> {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter_map(|post| Some(post["data"]["event"].as_str()?.to_owned())).collect()
    }

    fn take(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut write = stream.try_clone()?;
        let mut read = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if read.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            read.read_exact(&mut body)?;
            self.posts.lock().unwrap().push(serde_json::from_slice(&body)?);
            write.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        }
    }
}
