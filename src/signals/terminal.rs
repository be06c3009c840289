//! What a terminal tells a program that draws on it.

use futures_util::StreamExt;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook_tokio::{Handle, Signals as Stream};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// SIGINT, SIGTERM, SIGHUP: end. Its number.
    End(i32),
    /// SIGWINCH, SIGCONT: what was drawn is to be drawn anew.
    Redraw,
}

/// Signals as they come.
pub struct Terminal {
    stream: Stream,
    handle: Handle,
}

impl Terminal {
    /// Takes the signals over.
    pub fn install() -> std::io::Result<Self> {
        let stream = Stream::new([SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT])?;
        let handle = stream.handle();
        Ok(Self { stream, handle })
    }

    /// The next one.
    pub async fn next(&mut self) -> Sign {
        match self.stream.next().await {
            Some(SIGWINCH | SIGCONT) => Sign::Redraw,
            Some(number) => Sign::End(number),
            None => Sign::End(SIGTERM),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.handle.close();
    }
}
