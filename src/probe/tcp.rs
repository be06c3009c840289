//! Whether a TCP connection can be opened.

use tokio::net::{TcpStream, lookup_host};

use super::connect_error;
use crate::decide::event::Outcome;

pub(super) async fn look(address: &str) -> Outcome {
    let addresses: Vec<_> = match lookup_host(address).await {
        Ok(addresses) => addresses.collect(),
        Err(error) => return Outcome::Blind(format!("cannot resolve {address}: {error}")),
    };
    match TcpStream::connect(addresses.as_slice()).await {
        Ok(_) => Outcome::Ok,
        Err(error) => connect_error(&error),
    }
}
