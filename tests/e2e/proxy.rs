//! A socket between golive and the engine that counts the calls which change something, and can do harm to one of them
//! or to all from one on: kill golive, answer with an error, lose the call or its answer. It can cut everything off, too.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

#[derive(Clone, Default)]
pub(crate) struct Proxy {
    inner: Arc<Inner>,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "not everybody uses all of them")]
pub(crate) enum Fate {
    /// golive, the process of that number, dies before the engine gets the call.
    KilledBefore(u32),
    /// The engine gets it, then golive dies.
    KilledAfter(u32),
    /// The engine never hears of it; golive is answered that the disk is full.
    Error,
    /// The engine never hears of it, and no answer comes.
    Lost,
    /// The engine does it, and no answer comes.
    Unanswered,
}

#[derive(Clone, Copy)]
struct Strike {
    /// So many calls are let through before.
    after: usize,
    fate: Fate,
    lasting: bool,
    /// Whether the calls that keep and prove what was accepted are let through, and not counted.
    spares_keeping: bool,
    struck: bool,
}

#[derive(Default)]
struct Inner {
    /// Calls that change something, in the order they came.
    calls: Mutex<Vec<String>>,
    strike: Mutex<Option<Strike>>,
    cut: AtomicBool,
    /// The first and the last version of the API, 1.N, that a path may name; any without it.
    versions: Mutex<Option<(u32, u32)>>,
    /// Both ends of every connection that is open, by its number, to be cut.
    open: Mutex<HashMap<usize, [UnixStream; 2]>>,
    connections: AtomicUsize,
    /// When each request went out, and when its answer came.
    requests: Mutex<Vec<(Instant, String, Option<Instant>)>>,
}

impl Proxy {
    pub(crate) fn start(listen: &Path, engine: &Path) -> Self {
        let (proxy, engine) = (Self::default(), engine.to_owned());
        let listener = UnixListener::bind(listen).unwrap();
        let accepting = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (proxy, client, engine) = (accepting.clone(), client.unwrap(), engine.clone());
                if proxy.inner.cut.load(Ordering::SeqCst) {
                    continue;
                }
                std::thread::spawn(move || {
                    if let Ok(engine) = UnixStream::connect(engine) {
                        let number = proxy.inner.connections.fetch_add(1, Ordering::SeqCst);
                        let ends = [engine.try_clone().unwrap(), client.try_clone().unwrap()];
                        proxy.inner.open.lock().unwrap().insert(number, ends);
                        proxy.carry(client, engine);
                        proxy.inner.open.lock().unwrap().remove(&number);
                    }
                });
            }
        });
        proxy
    }

    /// What becomes of the n-th changing call from now on (1 is the next); of all that follow too, when `lasting`.
    pub(crate) fn strike(&self, n: usize, fate: Fate, lasting: bool) {
        let strike = Strike { after: n - 1, fate, lasting, spares_keeping: false, struck: false };
        *self.inner.strike.lock().unwrap() = Some(strike);
    }

    /// What becomes of the n-th call of the next rollback. What was accepted is kept and proved before one and after it,
    /// whenever that is due: those calls are let through.
    #[allow(dead_code, reason = "not everybody waits for a rollback")]
    pub(crate) fn strike_rollback(&self, n: usize, fate: Fate) {
        let strike = Strike { after: n - 1, fate, lasting: false, spares_keeping: true, struck: false };
        *self.inner.strike.lock().unwrap() = Some(strike);
    }

    /// Whether a call was struck since.
    pub(crate) fn struck(&self) -> bool {
        self.inner.strike.lock().unwrap().is_some_and(|strike| strike.struck)
    }

    /// No call is struck any more; whether one was.
    #[allow(dead_code, reason = "not everybody lets it last")]
    pub(crate) fn heal(&self) -> bool {
        self.inner.strike.lock().unwrap().take().is_some_and(|strike| strike.struck)
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

    /// From now on the engine knows no paths of other versions of the API than 1.`first` to 1.`last`.
    #[allow(dead_code, reason = "not everybody asks for a version")]
    pub(crate) fn know_only(&self, first: u32, last: u32) {
        *self.inner.versions.lock().unwrap() = Some((first, last));
    }

    /// All calls from a moment on, looking ones too.
    #[allow(dead_code, reason = "not everybody counts")]
    pub(crate) fn since(&self, from: Instant) -> Vec<String> {
        let requests = self.inner.requests.lock().unwrap();
        requests.iter().filter(|(at, ..)| *at >= from).map(|(_, line, _)| line.clone()).collect()
    }

    /// While cut, no call reaches the engine.
    pub(crate) fn set_cut(&self, cut: bool) {
        self.inner.cut.store(cut, Ordering::SeqCst);
        if cut {
            for (_, ends) in self.inner.open.lock().unwrap().drain() {
                for end in ends {
                    drop(end.shutdown(std::net::Shutdown::Both));
                }
            }
        }
    }

    fn carry(&self, mut client: UnixStream, mut engine: UnixStream) {
        let (mut answers, mut back) = (engine.try_clone().unwrap(), client.try_clone().unwrap());
        let (answered, last) = (self.clone(), Arc::new(AtomicUsize::new(usize::MAX)));
        let at_hand = Arc::clone(&last);
        let silent = Arc::new(AtomicBool::new(false));
        let silenced = Arc::clone(&silent);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = answers.read(&mut buffer) {
                answered.answered(at_hand.load(Ordering::SeqCst));
                if silenced.load(Ordering::SeqCst) {
                    continue;
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
                if self.refuses(&line) {
                    answer(&mut client, ANOTHER_VERSION);
                    break;
                }
                let mut requests = self.inner.requests.lock().unwrap();
                last.store(requests.len(), Ordering::SeqCst);
                requests.push((Instant::now(), line, None));
            }
            let fate = changing(&buffer[..read]).and_then(|call| self.fate(call));
            match fate {
                Some(Fate::KilledBefore(victim)) => {
                    kill(victim);
                    break;
                }
                Some(Fate::Error) => {
                    answer(&mut client, NO_SPACE);
                    break;
                }
                Some(Fate::Lost) => {
                    drop(std::io::copy(&mut client, &mut std::io::sink()));
                    break;
                }
                Some(Fate::Unanswered) => silent.store(true, Ordering::SeqCst),
                Some(Fate::KilledAfter(_)) | None => {}
            }
            if engine.write_all(&buffer[..read]).is_err() {
                break;
            }
            if let Some(Fate::KilledAfter(victim)) = fate {
                // The engine has the call and finishes it, whoever asked.
                std::thread::sleep(std::time::Duration::from_millis(30));
                kill(victim);
            }
        }
        drop(engine.shutdown(std::net::Shutdown::Write));
    }

    /// The answer to a request has begun.
    fn answered(&self, number: usize) {
        if let Some(request) = self.inner.requests.lock().unwrap().get_mut(number) {
            request.2.get_or_insert(Instant::now());
        }
    }

    /// Whether a request is in a version that the engine does not know.
    fn refuses(&self, line: &str) -> bool {
        let asked = line.split_once(" /v1.").and_then(|(_, path)| path.split_once('/')?.0.parse().ok());
        let known = *self.inner.versions.lock().unwrap();
        asked.zip(known).is_some_and(|(asked, (first, last)): (u32, _)| asked < first || asked > last)
    }

    /// What becomes of a call, which is counted.
    fn fate(&self, call: String) -> Option<Fate> {
        let keeps =
            ["golive%2Fkeep", "golive-keep-", "golive-rehearsal-"].iter().any(|name| call.contains(name));
        self.inner.calls.lock().unwrap().push(call);
        let mut strike = self.inner.strike.lock().unwrap();
        let strike = strike.as_mut().filter(|strike| !(keeps && strike.spares_keeping))?;
        if strike.after > 0 {
            strike.after -= 1;
            return None;
        }
        let now = strike.lasting || !strike.struck;
        strike.struck = true;
        now.then_some(strike.fate)
    }
}

const NO_SPACE: &[u8] =
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: close\r\n\
    Content-Length: 39\r\n\r\n{\"message\":\"no space left on device\"}\n\n";

const ANOTHER_VERSION: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\
    Content-Length: 46\r\n\r\n{\"message\":\"client version is too new or old\"}\n";

/// Says that in the engine's place, and nothing more.
fn answer(client: &mut UnixStream, bytes: &[u8]) {
    drop(client.write_all(bytes));
    drop(client.shutdown(std::net::Shutdown::Both));
}

/// One that has ended already is as dead as is wanted.
fn kill(victim: u32) {
    let pid = victim.to_string();
    let killed = std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success();
    assert!(killed || !Path::new("/proc").join(pid).exists());
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
