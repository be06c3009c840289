//! The socket as an entrance: who comes in is looked at.

use std::io;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::{UnixListener, UnixStream};

use super::peer::{Gate, Peer};
use crate::door::{Door, Entrance};

/// The socket, and who may use it.
pub(super) struct Gated {
    listener: UnixListener,
    gate: Gate,
}

impl Gated {
    pub(super) fn new(listener: UnixListener) -> Self {
        Self { listener, gate: Gate::new() }
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
}

impl Connected<IncomingStream<'_, Door<Gated>>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door<Gated>>) -> Self {
        stream.remote_addr().clone()
    }
}
