//! One connection, which ends when it takes too long over something, or when its place is needed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{Limits, Seat};

/// Whoever has just come, or has just been answered, may be about to ask.
const A_MOMENT: Duration = Duration::from_millis(500);

/// One connection.
#[derive(Debug)]
pub struct Line<S> {
    stream: S,
    seat: Seat,
    limits: Limits,
    overdue: Pin<Box<Sleep>>,
    /// What comes after that.
    then: Vec<After>,
    /// Something was written since something was read: the next bytes begin a new request.
    answered: bool,
    leave: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// What happens when nothing has for a while.
#[derive(Debug)]
enum After {
    /// It may be sent away, and has so much time left.
    Idle(Duration),
    /// It ends, unless it is being answered, which has its own time.
    Late,
    /// It ends.
    TooLate,
}

impl<S> Line<S> {
    pub(super) fn new(stream: S, seat: Seat, limits: Limits) -> Self {
        let leave = Box::pin(seat.leave().cancelled_owned());
        let overdue = Box::pin(tokio::time::sleep(A_MOMENT));
        let mut line = Self { stream, seat, limits, overdue, then: Vec::new(), answered: false, leave };
        line.progress(limits.ask);
        line
    }

    fn progress(&mut self, within: Duration) {
        let moment = A_MOMENT.min(within);
        self.seat.stays();
        self.then = vec![After::TooLate, After::Late, After::Idle(within.saturating_sub(moment))];
        self.overdue.set(tokio::time::sleep(moment));
    }

    /// Nothing can be done now: fails once that has been so for too long.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.leave.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        loop {
            ready!(self.overdue.as_mut().poll(cx));
            let more = match self.then.pop() {
                Some(After::Idle(left)) => {
                    self.seat.idle();
                    left
                }
                Some(After::Late) if self.seat.is_asked() => self.limits.rest,
                Some(After::Late | After::TooLate) | None => {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            };
            self.overdue.set(tokio::time::sleep(more));
        }
    }
}

impl<S> Drop for Line<S> {
    fn drop(&mut self) {
        self.seat.left();
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
            line.progress(line.limits.ask);
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
        line.seat.answered();
        line.progress(line.limits.rest);
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
