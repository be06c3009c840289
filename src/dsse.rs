//! Signed envelopes (DSSE) around statements (in-toto): the exact bytes are signed, so that nothing has to be brought into
//! a canonical form, and `openssl` alone can check them.
//!
//! SHA-256 and Ed25519 are ring's, which is what TLS uses already.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::{Value, json};

/// What every payload is.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What stands before the 32 bytes of an Ed25519 key in DER: of a private one (PKCS #8), of a public one.
const PRIVATE: [u8; 16] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
const PUBLIC: [u8; 12] = [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0];

/// A key pair that signs.
pub struct Signer(Ed25519KeyPair);

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Public(pub [u8; 32]);

/// What is signed: DSSE's pre-authentication encoding of the exact bytes.
pub fn pae(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// SHA-256 over several pieces.
pub fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut context = ring::digest::Context::new(&SHA256);
    for piece in pieces {
        context.update(piece);
    }
    bytes(context.finish().as_ref())
}

/// Digests and keys have that many.
fn bytes(from: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(from);
    bytes
}

/// A hash that nobody makes without the secret: what is hashed cannot be found out by trying. As many of its digits as tell
/// two values apart.
pub fn keyed(secret: &[u8; 32], value: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    hex::encode(&ring::hmac::sign(&key, value.as_bytes()).as_ref()[..8])
}

/// The envelope as JSON: what tools for DSSE read.
pub fn envelope(payload: &[u8], signature: &[u8], key: &Public) -> Value {
    json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": STANDARD.encode(payload),
        "signatures": [{ "keyid": key.id(), "sig": STANDARD.encode(signature) }],
    })
}

impl Signer {
    /// From the 32 bytes that the key pair is made of.
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        // Other lengths are the one thing that ring refuses in these.
        Self(Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed of 32 bytes is a key"))
    }

    /// From a private key as PEM (PKCS #8).
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let lines = text.trim().strip_prefix("-----BEGIN PRIVATE KEY-----");
        let lines = lines.and_then(|lines| lines.strip_suffix("-----END PRIVATE KEY-----"));
        let base64: String = lines.ok_or("it is no private key in PEM")?.split_whitespace().collect();
        let der = STANDARD.decode(base64).map_err(|_| "its base64 is broken")?;
        let seed = der.strip_prefix(&PRIVATE).and_then(|seed| seed.try_into().ok());
        Ok(Self::new(seed.ok_or("it is no Ed25519 key")?))
    }

    /// As PEM, to be read again.
    pub fn pem(seed: &[u8; 32]) -> String {
        pem("PRIVATE KEY", &[&PRIVATE[..], seed].concat())
    }

    /// What checks its signatures.
    pub fn public(&self) -> Public {
        Public(bytes(self.0.public_key().as_ref()))
    }

    /// A secret that whoever has the key can make again, and nobody else.
    pub fn secret(&self, purpose: &str) -> [u8; 32] {
        // Ed25519 signs the same by the same.
        sha256(&[&self.sign(format!("secret: {purpose}").as_bytes())])
    }

    /// Signs the exact bytes of a payload.
    pub fn sign(&self, payload: &[u8]) -> Vec<u8> {
        self.0.sign(&pae(payload)).as_ref().to_vec()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Signer({})", self.public().id())
    }
}

impl Public {
    /// From hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text).ok()?.try_into().ok().map(Self)
    }

    /// As hexadecimal digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Its name: the digest of its DER, as other tools name keys.
    pub fn id(&self) -> String {
        hex::encode(digest(&SHA256, &self.der()))
    }

    /// As PEM, which `openssl` and cosign read.
    pub fn pem(&self) -> String {
        pem("PUBLIC KEY", &self.der())
    }

    /// Whether this key signed the exact bytes of a payload.
    pub fn verify(&self, payload: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(&pae(payload), signature).is_ok()
    }

    fn der(&self) -> Vec<u8> {
        [&PUBLIC[..], &self.0].concat()
    }
}

fn pem(what: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests;
