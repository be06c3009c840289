//! Where an entry of the record stands.

/// An entry's number and its hash: whoever was told of them can tell later whether the record is still that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its number.
    pub seq: i64,
    /// Its hash, as hexadecimal digits.
    pub hash: String,
}

impl Witness {
    /// As much of the hash as people are shown: nobody finds another entry that begins with the same.
    pub fn short(&self) -> &str {
        self.hash.get(..16).unwrap_or(&self.hash)
    }
}
