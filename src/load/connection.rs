//! One connection, and one request over it.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::BODY_MAX;
use super::target::Target;
use crate::model::load::Failure;

/// A head with more lines is too long. What is in them is nobody's business here.
const HEADERS_MAX: usize = 1000;

/// A connection that is open.
pub(super) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// The first of the addresses that takes it.
    async fn open(target: &Target) -> Result<Self, Failure> {
        let mut worst = Failure::Own;
        for address in &target.addresses {
            match Self::to(*address, target).await {
                Ok(connection) => return Ok(connection),
                Err(failure) => worst = failure,
            }
        }
        Err(worst)
    }

    async fn to(address: SocketAddr, target: &Target) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await.map_err(|error| of_io(&error))?;
        stream.set_nodelay(true).map_err(|error| of_io(&error))?;
        match &target.tls {
            None => Self::over(stream).await,
            Some((tls, name)) => {
                let stream = tls.connect(name.clone(), stream).await.map_err(|error| of_io(&error))?;
                Self::over(stream).await
            }
        }
    }

    async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Self, Failure> {
        let (sender, connection) = http1::Builder::new()
            .max_headers(HEADERS_MAX)
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| of_http(&error))?;
        // What goes wrong with it, whoever asks over it hears.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, driver })
    }

    /// Whether it may serve another request.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// The status of an answer that has come whole, or as far as is read.
    async fn ask(&mut self, target: &Target) -> Result<(u16, bool), Failure> {
        self.sender.ready().await.map_err(|error| of_http(&error))?;
        let answer = self.sender.send_request(target.request()).await.map_err(|error| of_http(&error))?;
        let status = answer.status().as_u16();
        Ok((status, whole(answer.into_body()).await?))
    }

    fn after(
        self,
        target: &Target,
        asked: Result<(u16, bool), Failure>,
    ) -> (Result<(), Failure>, Option<Self>) {
        match asked {
            Ok((status, whole)) => (judged(target, status), whole.then_some(self)),
            Err(failure) => (Err(failure), None),
        }
    }
}

/// Whether all of a body was read.
async fn whole(mut body: Incoming) -> Result<bool, Failure> {
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| of_http(&error))?;
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > BODY_MAX {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Asks once, over the connection that is given where it still serves; what is left of it is given back.
///
/// A service may close a kept connection just when it is used again, which is no failure of the service: such a request is sent
/// once more, where its method allows that.
pub(super) async fn exchange(
    target: &Target,
    kept: Option<Connection>,
) -> (Result<(), Failure>, Option<Connection>) {
    if let Some(mut kept) = kept.filter(Connection::is_open) {
        match kept.ask(target).await {
            Err(Failure::Cut) if target.may_repeat() => {}
            asked => return kept.after(target, asked),
        }
    }
    match Connection::open(target).await {
        Ok(mut new) => {
            let asked = new.ask(target).await;
            new.after(target, asked)
        }
        Err(failure) => (Err(failure), None),
    }
}

fn judged(target: &Target, status: u16) -> Result<(), Failure> {
    if target.wants(status) {
        return Ok(());
    }
    Err(match status {
        429 => Failure::TooMany,
        300..=399 => Failure::Redirect,
        500..=599 => Failure::Server,
        _ => Failure::Status,
    })
}

fn of_http(error: &hyper::Error) -> Failure {
    let mut within = std::iter::successors(error.source(), |error| (*error).source());
    if let Some(error) = within.find_map(|error| error.downcast_ref::<io::Error>()) {
        return of_io(error);
    }
    if error.is_parse() { Failure::Unreadable } else { Failure::Cut }
}

fn of_io(error: &io::Error) -> Failure {
    if error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>) {
        return Failure::Tls;
    }
    let kind = error.kind();
    if kind == io::ErrorKind::ConnectionRefused {
        return Failure::Refused;
    }
    if SILENT.contains(&kind) {
        return Failure::TimedOut;
    }
    // No more descriptors, no more ports, not permitted: this host's own trouble.
    if ENDED.contains(&kind) { Failure::Cut } else { Failure::Own }
}

const SILENT: [io::ErrorKind; 3] =
    [io::ErrorKind::TimedOut, io::ErrorKind::HostUnreachable, io::ErrorKind::NetworkUnreachable];

const ENDED: [io::ErrorKind; 5] = [
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::ConnectionAborted,
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::UnexpectedEof,
    io::ErrorKind::NotConnected,
];
