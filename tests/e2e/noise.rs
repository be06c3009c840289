//! A socket between golive and the engine that does the engine's answers harm, many of them: it cuts, delays, doubles and
//! garbles them, puts others in their place, and breaks streams off. What was asked for is always done.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Of a hundred answers, so many are harmed.
const HARMED: u32 = 15;

const PAGE: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n\
    <html>502 Bad Gateway\n</ht";
const LOGIN: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>Sign in</html>";
const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n";

/// So many rollbacks on such a line, or as `GOLIVE_ROLLBACKS` says: fifty, for a night.
pub(crate) fn rollbacks(few: u64) -> u64 {
    number("GOLIVE_ROLLBACKS").unwrap_or(few)
}

/// What luck begins with; another one by `SEED`.
pub(crate) fn seed() -> u64 {
    number("SEED").unwrap_or(1)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[derive(Clone, Default)]
pub(crate) struct Noise {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    seed: u64,
    answers: AtomicU64,
    harmed: AtomicU64,
}

impl Noise {
    pub(crate) fn start(listen: &Path, engine: &Path, seed: u64) -> Self {
        let noise = Self { inner: Arc::new(Inner { seed, ..Inner::default() }) };
        let (listener, engine) = (UnixListener::bind(listen).unwrap(), engine.to_owned());
        let accepting = noise.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (noise, client, engine) = (accepting.clone(), client.unwrap(), engine.clone());
                std::thread::spawn(move || {
                    // Whoever has gone meanwhile misses nothing.
                    drop(UnixStream::connect(engine).and_then(|engine| noise.carry(client, engine)));
                });
            }
        });
        noise
    }

    /// As many answers were harmed as should be, about.
    pub(crate) fn assert_harmed(&self) {
        let [answers, harmed] = [&self.inner.answers, &self.inner.harmed].map(|it| it.load(Ordering::SeqCst));
        assert!(harmed * 100 >= answers * 8, "{harmed} of {answers} answers were harmed");
    }

    /// One call, on a connection of its own.
    fn carry(&self, mut client: UnixStream, mut engine: UnixStream) -> std::io::Result<()> {
        let request = request(&mut client)?;
        let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
        let (head, rest) = request.split_at(line.len() + 2);
        engine.write_all(&[head, b"Connection: close\r\n", rest].concat())?;
        let n = self.inner.answers.fetch_add(1, Ordering::SeqCst);
        let mut luck = SmallRng::seed_from_u64(self.inner.seed.wrapping_mul(1_000_003) + n);
        let harm = luck.random_range(0..100) < HARMED;
        self.inner.harmed.fetch_add(u64::from(harm), Ordering::SeqCst);
        if line.contains("/events?") && !line.contains("until=") {
            return stream(client, engine, harm.then_some(luck));
        }
        let mut answer = Vec::new();
        engine.read_to_end(&mut answer)?;
        if harm { harmed(client, &answer, &mut luck) } else { client.write_all(&answer) }
    }
}

/// One of what can become of an answer.
fn harmed(mut client: UnixStream, answer: &[u8], luck: &mut SmallRng) -> std::io::Result<()> {
    match luck.random_range(0..8) {
        0 => Ok(()),
        1 | 2 => client.write_all(&answer[..luck.random_range(0..answer.len())]),
        3 => {
            std::thread::sleep(Duration::from_millis(luck.random_range(100..2500)));
            client.write_all(answer)
        }
        4 => client.write_all(&answer.repeat(2)),
        5 | 6 => client.write_all(&garbled(answer, luck)),
        _ => client.write_all([PAGE, LOGIN, EMPTY][luck.random_range(0..3)]),
    }
}

/// Some bytes in a row are others, none of which can be part of a text: an answer that lies could not be told.
fn garbled(answer: &[u8], luck: &mut SmallRng) -> Vec<u8> {
    let mut garbled = answer.to_vec();
    let from = luck.random_range(0..garbled.len());
    let to = garbled.len().min(from + luck.random_range(4..40));
    for byte in &mut garbled[from..to] {
        *byte = [0x00, 0x01, 0x07, 0xf8, 0xfe, 0xff][luck.random_range(0..6)];
    }
    garbled
}

/// What never ends by itself; harmed, it breaks off in its head or after a while, or a part of it is garbled.
fn stream(mut client: UnixStream, mut engine: UnixStream, mut harm: Option<SmallRng>) -> std::io::Result<()> {
    if let Some(luck) = &mut harm {
        engine.set_read_timeout(Some(Duration::from_millis(luck.random_range(1..3000))))?;
    }
    let mut watched = (client.try_clone()?, engine.try_clone()?);
    // It ends when golive closes it.
    std::thread::spawn(move || {
        drop(std::io::copy(&mut watched.0, &mut std::io::sink()));
        drop(watched.1.shutdown(Shutdown::Both));
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = engine.read(&mut buffer) {
        let strikes = harm.as_mut().is_some_and(|luck| luck.random_range(0..3) == 0);
        match &mut harm {
            Some(luck) if strikes => client.write_all(&garbled(&buffer[..read], luck))?,
            _ => client.write_all(&buffer[..read])?,
        }
    }
    client.shutdown(Shutdown::Both)
}

/// The head of a request and the body that it announces.
fn request(client: &mut UnixStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    request.extend(body);
    Ok(request)
}
