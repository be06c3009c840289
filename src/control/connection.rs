//! Connections: so many at once, and none may keep its place without asking or taking its answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

use super::peer::{Gate, Peer};

/// Connections at once. When all are taken, the next wait in the kernel's queue until one ends.
const PLACES: usize = 64;

/// A connection is closed when a request, its answer or the pause between two takes longer. More than any request may
/// take to be answered.
const LIMIT: Duration = Duration::from_mins(1);

/// Accepting fails for a moment when the process has no file descriptor left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// Where connections come in.
pub(super) struct Door {
    listener: UnixListener,
    gate: Gate,
    places: Arc<Semaphore>,
    limit: Duration,
}

impl Door {
    pub(super) fn new(listener: UnixListener) -> Self {
        Self::limited(listener, PLACES, LIMIT)
    }

    pub(super) fn limited(listener: UnixListener, places: usize, limit: Duration) -> Self {
        Self { listener, gate: Gate::new(), places: Arc::new(Semaphore::new(places)), limit }
    }
}

impl Listener for Door {
    type Io = Line;
    type Addr = Peer;

    async fn accept(&mut self) -> (Line, Peer) {
        let place = Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed");
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let peer = self.gate.peer(&stream);
                    return (Line::new(stream, self.limit, place), peer);
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection on the control socket");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }

    /// A socket's own address is no peer; nothing asks for it.
    fn local_addr(&self) -> io::Result<Peer> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// One connection.
pub(super) struct Line {
    stream: UnixStream,
    limit: Duration,
    overdue: Pin<Box<Sleep>>,
    /// Something was written since something was read: the next bytes begin a new request.
    answered: bool,
    _place: OwnedSemaphorePermit,
}

impl Line {
    fn new(stream: UnixStream, limit: Duration, place: OwnedSemaphorePermit) -> Self {
        let overdue = Box::pin(tokio::time::sleep(limit));
        Self { stream, limit, overdue, answered: false, _place: place }
    }

    fn progress(&mut self) {
        self.overdue.set(tokio::time::sleep(self.limit));
    }

    /// Nothing can be done now: fails once that has been so for too long.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.overdue.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let read = Pin::new(&mut line.stream).poll_read(cx, buf);
        if read.is_pending() {
            return line.wait(cx);
        }
        // A request that trickles in makes no progress: only its first bytes count.
        if std::mem::take(&mut line.answered) {
            line.progress();
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let written = Pin::new(&mut line.stream).poll_write(cx, bytes);
        if written.is_pending() {
            return line.wait(cx);
        }
        line.answered = true;
        line.progress();
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
