//! A socket between golive and the engine that counts the calls which change something, and can kill golive right
//! before or right after one of them, cut everything off, or do both never.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

#[derive(Clone, Default)]
pub(crate) struct Proxy {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Calls that change something, in the order they came.
    calls: Mutex<Vec<String>>,
    seen: AtomicUsize,
    /// The call at which the victim dies (1 is the first), and whether the engine gets that call first.
    kill_at: AtomicUsize,
    kill_after: AtomicBool,
    victim: AtomicU32,
    cut: AtomicBool,
    /// Both ends of every connection, to be cut.
    open: Mutex<Vec<UnixStream>>,
    /// When each request went out, and when its answer came.
    requests: Mutex<Vec<(Instant, String, Option<Instant>)>>,
}

impl Proxy {
    pub(crate) fn start(listen: &Path, engine: &'static str) -> Self {
        let proxy = Self::default();
        let listener = UnixListener::bind(listen).unwrap();
        let accepting = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (proxy, client) = (accepting.clone(), client.unwrap());
                if proxy.inner.cut.load(Ordering::SeqCst) {
                    continue;
                }
                std::thread::spawn(move || {
                    if let Ok(engine) = UnixStream::connect(engine) {
                        proxy.carry(client, engine);
                    }
                });
            }
        });
        proxy
    }

    /// The victim dies at its n-th changing call from now on: before the engine gets it, or after.
    pub(crate) fn kill_at(&self, victim: u32, n: usize, after: bool) {
        self.inner.seen.store(0, Ordering::SeqCst);
        self.inner.victim.store(victim, Ordering::SeqCst);
        self.inner.kill_after.store(after, Ordering::SeqCst);
        self.inner.kill_at.store(n, Ordering::SeqCst);
    }

    /// Whether the kill has happened.
    pub(crate) fn killed(&self) -> bool {
        self.inner.kill_at.load(Ordering::SeqCst) == 0
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.inner.calls.lock().unwrap().clone()
    }

    /// From a moment on: when the first request went out, and when the answer to the start of a container came.
    #[allow(dead_code, reason = "benchmarks ask for it")]
    pub(crate) fn span(&self, from: Instant) -> (Instant, Instant) {
        let requests = self.inner.requests.lock().unwrap();
        let after: Vec<_> = requests.iter().filter(|(at, ..)| *at >= from).collect();
        let start =
            after.iter().find(|(_, line, _)| line.starts_with("POST ") && line.contains("/start")).unwrap();
        (after[0].0, start.2.unwrap())
    }

    /// While cut, no call reaches the engine.
    pub(crate) fn set_cut(&self, cut: bool) {
        self.inner.cut.store(cut, Ordering::SeqCst);
        if cut {
            for stream in self.inner.open.lock().unwrap().drain(..) {
                drop(stream.shutdown(std::net::Shutdown::Both));
            }
        }
    }

    fn carry(&self, mut client: UnixStream, mut engine: UnixStream) {
        self.inner.open.lock().unwrap().extend([engine.try_clone().unwrap(), client.try_clone().unwrap()]);
        let (mut answers, mut back) = (engine.try_clone().unwrap(), client.try_clone().unwrap());
        let (answered, last) = (self.clone(), Arc::new(AtomicUsize::new(usize::MAX)));
        let at_hand = Arc::clone(&last);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = answers.read(&mut buffer) {
                if let Some(request) =
                    answered.inner.requests.lock().unwrap().get_mut(at_hand.load(Ordering::SeqCst))
                {
                    request.2.get_or_insert(Instant::now());
                }
                if back.write_all(&buffer[..read]).is_err() {
                    break;
                }
            }
            drop(back.shutdown(std::net::Shutdown::Both));
        });
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = client.read(&mut buffer) {
            if self.inner.cut.load(Ordering::SeqCst) {
                break;
            }
            if let Some(line) = request_line(&buffer[..read]) {
                let mut requests = self.inner.requests.lock().unwrap();
                last.store(requests.len(), Ordering::SeqCst);
                requests.push((Instant::now(), line, None));
            }
            let call = changing(&buffer[..read]);
            if let Some(call) = &call {
                self.inner.calls.lock().unwrap().push(call.clone());
            }
            let at_hand = call.is_some() && self.at_kill();
            if at_hand && !self.inner.kill_after.load(Ordering::SeqCst) {
                self.kill();
                return;
            }
            if engine.write_all(&buffer[..read]).is_err() {
                break;
            }
            if at_hand {
                // The engine has the call and finishes it, whoever asked.
                std::thread::sleep(std::time::Duration::from_millis(30));
                self.kill();
            }
        }
        drop(engine.shutdown(std::net::Shutdown::Write));
    }

    fn at_kill(&self) -> bool {
        let n = self.inner.seen.fetch_add(1, Ordering::SeqCst) + 1;
        n == self.inner.kill_at.load(Ordering::SeqCst)
    }

    fn kill(&self) {
        let pid = self.inner.victim.load(Ordering::SeqCst).to_string();
        assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        self.inner.kill_at.store(0, Ordering::SeqCst);
    }
}

/// The request line of a call that changes something; `None` for the rest of a body and for reading calls.
fn changing(bytes: &[u8]) -> Option<String> {
    request_line(bytes).filter(|line| line.starts_with("POST ") || line.starts_with("DELETE "))
}

fn request_line(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.ends_with("HTTP/1.1").then(|| line.to_owned())
}
