//! Where connections come in: so many at once, and none may keep its place without asking or taking its answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// Connections at once. When all are taken, the next wait in the kernel's queue until one ends.
const PLACES: usize = 64;

/// A connection is closed when a request, its answer or the pause between two takes longer. More than any request may
/// take to be answered.
const LIMIT: Duration = Duration::from_mins(1);

/// Accepting fails for a moment when the process has no file descriptor left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// What a door is built into.
pub trait Entrance: Send + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// Who is at its other end.
    type Peer: Send;

    /// Waits for the next connection.
    fn enter(&mut self) -> impl Future<Output = io::Result<(Self::Stream, Self::Peer)>> + Send;
}

/// Where connections come in.
#[derive(Debug)]
pub struct Door<E> {
    entrance: E,
    places: Arc<Semaphore>,
    limit: Duration,
}

impl<E: Entrance> Door<E> {
    /// With the usual limits.
    pub fn new(entrance: E) -> Self {
        Self::limited(entrance, PLACES, LIMIT)
    }

    /// So many connections at once, and so long for a request, its answer or the pause between two.
    pub fn limited(entrance: E, places: usize, limit: Duration) -> Self {
        Self { entrance, places: Arc::new(Semaphore::new(places)), limit }
    }
}

impl<E: Entrance> Listener for Door<E> {
    type Io = Line<E::Stream>;
    type Addr = E::Peer;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let place = Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed");
        loop {
            match self.entrance.enter().await {
                Ok((stream, peer)) => return (Line::new(stream, self.limit, place), peer),
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }

    /// A socket's own address is no peer; nothing asks for it.
    fn local_addr(&self) -> io::Result<Self::Addr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// One connection.
#[derive(Debug)]
pub struct Line<S> {
    stream: S,
    limit: Duration,
    overdue: Pin<Box<Sleep>>,
    /// Something was written since something was read: the next bytes begin a new request.
    answered: bool,
    _place: OwnedSemaphorePermit,
}

impl<S> Line<S> {
    fn new(stream: S, limit: Duration, place: OwnedSemaphorePermit) -> Self {
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

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
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

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
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
