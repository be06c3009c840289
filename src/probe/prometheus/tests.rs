//! Against servers that play a Prometheus, well or badly.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::config::{Access, HttpLogin, Prometheus, Secret};
use crate::model::reading::Stream;
use crate::probe::tests::stage::{self, tools};

mod answers;
mod look;
mod past;
mod world;

fn config(address: &str) -> Prometheus {
    Prometheus {
        url: format!("http://{address}/prometheus/"),
        timeout: stage::DEADLINE,
        access: Access::default(),
    }
}

fn server(address: &str) -> Server {
    Server::new(&config(address), &tools())
}

fn value(query: &str) -> Measured {
    Measured::new(Stream::Business("orders".to_owned()), Query::Value(query.to_owned()))
}

/// What one query gives.
async fn measure(server: &Server, measured: &Measured) -> Option<Measure> {
    let asked = Meter::new(measured).unwrap().read(server, &Clock::start()).await;
    asked.reading.map(|reading| {
        assert_eq!((&reading.stream, reading.source), (&measured.stream, Source::Prometheus));
        reading.measure
    })
}

async fn blind(server: &Server) -> String {
    match measure(server, &value("up")).await {
        Some(Measure::Blind(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Reads a request with its body; `None` when the connection ended.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let head = stage::request(stream).await?;
    let length = head.to_lowercase().split("content-length: ").nth(1).and_then(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok()
    });
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

/// A server that gives each request the answer that the test has for it, and remembers what was asked.
async fn answers<F>(answer: F) -> (stage::Server, Arc<Mutex<Vec<String>>>)
where
    F: Fn(&str) -> (u16, String) + Send + Sync + 'static,
{
    let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
    let seen = Arc::clone(&asked);
    let server = stage::Server::start(move |mut stream, _| {
        let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
        async move {
            while let Some(request) = request(&mut stream).await {
                let (status, body) = answer(&request);
                seen.lock().unwrap().push(request);
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
                if stream.write_all((head + &body).as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    (server, asked)
}

async fn says(status: u16, body: &str) -> (stage::Server, Arc<Mutex<Vec<String>>>) {
    let body = body.to_owned();
    answers(move |_| (status, body.clone())).await
}

fn vector(result: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#)
}

/// Bytes and what becomes of the connection then.
async fn raw(bytes: Vec<u8>, hangs: bool) -> stage::Server {
    stage::Server::start(move |mut stream, _| {
        let bytes = bytes.clone();
        async move {
            request(&mut stream).await;
            stream.write_all(&bytes).await.unwrap();
            if hangs {
                std::future::pending::<()>().await;
            }
            stream.shutdown().await.unwrap();
        }
    })
    .await
}
