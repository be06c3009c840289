//! The socket as an entrance: who comes in is looked at.

use std::io;

use tokio::net::{UnixListener, UnixStream};

use super::peer::{Gate, Peer};
use super::socket::Socket;
use crate::door::Entrance;

/// The socket, and who may use it.
pub(super) struct Gated {
    listener: UnixListener,
    gate: Gate,
}

impl Gated {
    pub(super) fn new(Socket { listener, path }: Socket) -> Self {
        Self { listener, gate: Gate::new(path) }
    }
}

impl Entrance for Gated {
    type Stream = UnixStream;
    type Peer = Peer;

    async fn enter(&mut self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = self.listener.accept().await?;
        let peer = self.gate.peer(&stream);
        Ok((stream, peer))
    }

    fn keeps_a_place(peer: &Peer) -> bool {
        peer.master
    }
}
