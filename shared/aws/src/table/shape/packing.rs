//! Texts of requests, made small: DynamoDB bills a write by the KB, and what requests say is mostly the same.
//!
//! A text is deflated (RFC 1951) as if `words.txt` stood before it, so that whatever it has in common with that costs
//! next to nothing. The deflater has no call for such a dictionary; it is given the words first, and what it made of them
//! is cut off. The inflater is given them as a block that is not compressed.

use std::io::{Read as _, Write as _, copy, sink};

use curfew_engine::error::Fault;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::super::unreadable;

/// What texts of requests have in common. Part of schema 3: whoever changes a letter makes every stored request unreadable.
const WORDS: &str = include_str!("words.txt");
/// Most bytes that a text may have when it is read, so that a harmed item cannot exhaust memory.
const LARGEST: u64 = 16 << 20;

/// A text, compressed.
pub(in super::super) fn packed(text: &str) -> Result<Vec<u8>, Fault> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(WORDS.as_bytes()).and_then(|()| encoder.flush()).and_then(|()| {
        // To the flush, everything is about the words; it ends with a whole byte.
        let words = encoder.get_ref().len();
        encoder.write_all(text.as_bytes())?;
        Ok(encoder.finish()?.split_off(words))
    });
    packed.map_err(|error| Fault::permanent("write the request", error))
}

/// What `packed` made smaller.
pub(in super::super) fn unpacked(bytes: &[u8]) -> Result<String, Fault> {
    let length = u16::try_from(WORDS.len()).map_err(unreadable)?;
    // A block that is stored and not the last: its length, and that with all bits turned (RFC 1951, 3.2.4).
    let [[a, b], [c, d]] = [length.to_le_bytes(), (!length).to_le_bytes()];
    let head = [0, a, b, c, d];
    let whole = head.chain(WORDS.as_bytes()).chain(bytes);
    let mut decoder = DeflateDecoder::new(whole);
    let mut text = String::new();
    copy(&mut decoder.by_ref().take(length.into()), &mut sink())
        .and_then(|_| decoder.take(LARGEST).read_to_string(&mut text))
        .map_err(unreadable)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use curfew_domain::hex::hex;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn texts_come_back_whatever_they_say() {
        for text in ["", "x", "{\"ask\":{}}\n", WORDS, &"\u{1f512} never said before ".repeat(9_999)] {
            assert_eq!(unpacked(&packed(text).unwrap()).unwrap(), text);
        }
        assert!(unpacked(b"harmed").is_err());
    }

    #[test]
    fn the_words_are_those_that_stored_requests_were_packed_with() {
        assert_eq!(
            hex(&Sha256::digest(WORDS.as_bytes())),
            "cae2e3db2b6af37abb8dea56bb2c24a0f68f0776a062411aa330e73c58a75ea7"
        );
    }
}
