//! The files of a container, as the engine lists and gives them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::client::{SLOW, patiently, root, there, url};
use super::id::short;
use super::{Engine, EngineError};

/// What the engine says of one file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Stat {
    pub(crate) size: u64,
    /// As Go writes it.
    mode: u32,
    #[serde(rename = "mtime")]
    pub(crate) modified: Timestamp,
}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Regular,
    Directory,
    Symlink,
    /// A device, a socket, a pipe.
    Special,
}

const STAT: &str = "X-Docker-Container-Path-Stat";

impl Stat {
    pub(crate) fn kind(&self) -> Kind {
        const DIRECTORY: u32 = 1 << 31;
        const SYMLINK: u32 = 1 << 27;
        const SPECIAL: u32 = 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19;
        match self.mode {
            mode if mode & DIRECTORY != 0 => Kind::Directory,
            mode if mode & SYMLINK != 0 => Kind::Symlink,
            mode if mode & SPECIAL != 0 => Kind::Special,
            _ => Kind::Regular,
        }
    }
}

impl Engine {
    /// What is in a container's own layer: paths, and whether the image has them too. What was deleted is left out.
    pub(crate) async fn changes(&self, id: &str) -> Result<Vec<(String, bool)>, EngineError> {
        let doing = format!("ask what has changed in container {}", short(id));
        let list = |body: &str| match serde_json::from_str(body) {
            Ok(Value::Array(changes)) => Ok(changes),
            // That is how the engine writes an empty list.
            Ok(Value::Null) => Ok(Vec::new()),
            Ok(_) => Err("it is no list".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let found = self.look(&doing, SLOW, &format!("/containers/{id}/changes"), &[], list).await;
        let changes = there(found)?.unwrap_or_default();
        let kept =
            changes.iter().filter_map(|change| match (change["Kind"].as_u64(), change["Path"].as_str()) {
                (Some(kind @ (0 | 1)), Some(path)) => Some((path.to_owned(), kind == 0)),
                _ => None,
            });
        Ok(kept.collect())
    }

    /// What the engine says of one file in a container; `None` when there is none.
    pub(crate) async fn stat(&self, id: &str, path: &str) -> Result<Option<Stat>, EngineError> {
        let doing = &format!("look at {path} in container {}", short(id));
        let at = &format!("/containers/{id}/archive");
        let once = || async move {
            let answer = self.send(doing, self.raw.head(url(at, &[("path", path)]))).await?;
            match answer.status().as_u16() {
                200 => {}
                404 => return Ok(None),
                status if EngineError::is_barred(status) => {
                    return Err(EngineError::answered(doing, status, ""));
                }
                // The answer to such a question has no words.
                status => {
                    let (doing, message) = (doing.clone(), String::new());
                    return Err(EngineError::Answer { doing, status, message });
                }
            }
            let stat = answer.headers().get(STAT).and_then(|stat| STANDARD.decode(stat).ok());
            let stat = stat.and_then(|stat| serde_json::from_slice(&stat).ok());
            let nothing = || EngineError::nonsense(doing, "it says nothing of the file".to_owned());
            stat.map(Some).ok_or_else(nothing)
        };
        patiently(doing, SLOW, once).await
    }

    /// The beginning of a file or directory of a container as a tar archive, at most so many bytes of it.
    pub(crate) async fn archive(&self, id: &str, path: &str, most: usize) -> Result<Vec<u8>, EngineError> {
        let doing = &format!("read {path} in container {}", short(id));
        let at = &format!("/containers/{id}/archive");
        let once = || async move {
            let answer = self.send(doing, self.raw.get(url(at, &[("path", path)]))).await?;
            let status = answer.status().as_u16();
            if status != 200 {
                return Err(EngineError::answered(doing, status, &self.body(doing, answer).await?));
            }
            let (mut bytes, mut chunks) = (Vec::new(), answer.bytes_stream());
            while bytes.len() < most
                && let Some(chunk) = chunks.next().await
            {
                let cut = |error| EngineError::Cut { doing: doing.clone(), why: root(&error) };
                bytes.extend_from_slice(&chunk.map_err(cut)?);
            }
            bytes.truncate(most);
            Ok(bytes)
        };
        patiently(doing, SLOW, once).await
    }
}
