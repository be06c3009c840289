//! Where connections come in: so many at once, and none may keep its place without asking or taking its answer.
//!
//! When all places are taken and somebody comes, whoever has asked nothing for the longest time goes. Whoever has asked
//! is answered first; whoever waits for news gives the place up meanwhile.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite};

mod line;
mod seat;
#[cfg(test)]
mod tests;

pub use line::Line;
pub use seat::Seat;
use seat::{Hall, Place};

/// Accepting fails for a moment when the process has no file descriptor left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// So many may stand before the door while all places are taken by those who have asked; then the first of them goes.
const BEFORE_THE_DOOR: usize = 256;

/// What a door holds to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once, beside those that wait for news.
    pub places: usize,
    /// More of them, for those whom the entrance keeps a place for.
    pub kept: usize,
    /// Connections that wait for news at once.
    pub waiting: usize,
    /// A request has come whole within this.
    pub ask: Duration,
    /// An answer, or the pause between two requests, may take this long: more than any answer does.
    pub rest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { places: 64, kept: 8, waiting: 256, ask: Duration::from_secs(10), rest: Duration::from_mins(1) }
    }
}

/// What a door is built into.
pub trait Entrance: Send + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// Who is at its other end.
    type Peer: Clone + Send + Sync + 'static;

    /// Waits for the next connection.
    fn enter(&mut self) -> impl Future<Output = io::Result<(Self::Stream, Self::Peer)>> + Send;

    /// Whether a place is kept for them.
    fn keeps_a_place(_peer: &Self::Peer) -> bool {
        false
    }
}

/// Where connections come in.
pub struct Door<E: Entrance> {
    entrance: E,
    hall: Arc<Hall>,
    /// Those who have no place yet, in the order in which they came.
    before: VecDeque<(E::Stream, E::Peer)>,
}

/// Whoever has a place.
#[derive(Debug, Clone)]
pub struct Guest<P> {
    /// Who is at the other end.
    pub peer: P,
    /// The place.
    pub seat: Seat,
}

impl<E: Entrance> Door<E> {
    /// With the usual limits.
    pub fn new(entrance: E) -> Self {
        Self::limited(entrance, Limits::default())
    }

    /// With limits of its own.
    pub fn limited(entrance: E, limits: Limits) -> Self {
        Self { entrance, hall: Arc::new(Hall::new(limits)), before: VecDeque::new() }
    }

    /// The first of those before the door for whom there is a place.
    fn next(&mut self) -> Option<(<Self as Listener>::Io, <Self as Listener>::Addr)> {
        let found = self.before.iter().enumerate().find_map(|(index, (_, peer))| {
            let place = self.hall.place(E::keeps_a_place(peer))?;
            Some((index, place))
        });
        let (index, place): (usize, Place) = found?;
        let (stream, peer) = self.before.remove(index)?;
        let seat = Seat::new(&self.hall, place);
        Some((Line::new(stream, seat.clone(), self.hall.limits), Guest { peer, seat }))
    }

    fn came(&mut self, stream: E::Stream, peer: E::Peer) {
        if self.before.len() >= BEFORE_THE_DOOR {
            let passed_over = self.before.iter().position(|(_, peer)| !E::keeps_a_place(peer));
            self.before.remove(passed_over.unwrap_or_default());
        }
        self.before.push_back((stream, peer));
    }
}

impl<E: Entrance> Listener for Door<E> {
    type Io = Line<E::Stream>;
    type Addr = Guest<E::Peer>;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Some(guest) = self.next() {
                return guest;
            }
            self.hall.make_room(self.before.len());
            tokio::select! {
                entered = self.entrance.enter() => match entered {
                    Ok((stream, peer)) => self.came(stream, peer),
                    Err(error) => {
                        tracing::warn!(%error, "failed to accept a connection");
                        tokio::time::sleep(ACCEPT_AGAIN).await;
                    }
                },
                () = self.hall.changed(), if !self.before.is_empty() => {}
            }
        }
    }

    /// A socket's own address is no peer; nothing asks for it.
    fn local_addr(&self) -> io::Result<Self::Addr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<E: Entrance> Connected<IncomingStream<'_, Door<E>>> for Guest<E::Peer> {
    fn connect_info(stream: IncomingStream<'_, Door<E>>) -> Self {
        stream.remote_addr().clone()
    }
}
