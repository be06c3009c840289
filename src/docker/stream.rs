//! Answers that are read as they come, and kept only as far as somebody wants them.

use std::io::{self, Read};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use reqwest::Response;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{self, Receiver};

use super::client::{patiently, root, url};
use super::{Engine, EngineError};

/// So many pieces of an answer wait to be read.
const WAITING: usize = 8;

/// An answer's pieces, for a reader that waits for them.
struct Pieces {
    next: Receiver<Bytes>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.next.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

impl Engine {
    /// What is there, of an answer of any length: what `T` does not name is never kept. Again while the answer is lost.
    pub(super) async fn read<T: DeserializeOwned + Send + 'static>(
        &self,
        doing: &str,
        limit: Duration,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, EngineError> {
        let once =
            || async move { parsed(doing, self.begun(doing, self.raw.get(url(path, query))).await?).await };
        patiently(doing, limit, once).await
    }
}

async fn parsed<T: DeserializeOwned + Send + 'static>(
    doing: &str,
    response: Response,
) -> Result<T, EngineError> {
    let (pieces, next) = mpsc::channel(WAITING);
    // It ends with the sender, whatever becomes of the call.
    let reader = tokio::task::spawn_blocking(move || {
        serde_json::from_reader(io::BufReader::new(Pieces { next, piece: Bytes::new() }))
    });
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| EngineError::Cut { doing: doing.to_owned(), why: root(&error) })?;
        if pieces.send(piece).await.is_err() {
            // The reader has seen what makes no sense.
            break;
        }
    }
    drop(pieces);
    let read = reader.await.map_err(|error| EngineError::nonsense(doing, error.to_string()))?;
    read.map_err(|error| EngineError::nonsense(doing, error.to_string()))
}
