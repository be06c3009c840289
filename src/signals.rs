//! Signals of the operating system. SIGPIPE needs nothing: the runtime ignores it before `main`, so that a closed
//! connection is an error like any other.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::StreamExt;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::{Handle, Signals as Stream};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGINT: end.
    Terminate,
    /// SIGHUP: read the configuration again.
    Reload,
}

/// Signals as they come.
pub struct Signals {
    stream: Stream,
    handle: Handle,
}

impl Signals {
    /// Takes the signals over. A second SIGTERM or SIGINT ends the process at once, with exit code 1.
    pub fn install() -> std::io::Result<Self> {
        let ending = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&ending))?;
            signal_hook::flag::register(signal, Arc::clone(&ending))?;
        }
        let stream = Stream::new([SIGTERM, SIGINT, SIGHUP])?;
        let handle = stream.handle();
        Ok(Self { stream, handle })
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        match self.stream.next().await {
            Some(SIGHUP) => Signal::Reload,
            Some(_) | None => Signal::Terminate,
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
    }
}

mod terminal;
#[cfg(test)]
mod tests;

pub use terminal::{Sign, Terminal};
