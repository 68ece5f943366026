//! Seals what a store holds: nobody reads or changes it without a data key.
//!
//! ```text
//! object      "LS", version u8 = 1, number of the data key u32 LE, nonce 12 bytes,
//!             AES-256-GCM-SIV of the packed content: as long as that, and a tag of 16 bytes
//! packed      length u32 LE, lz4 block of the content
//! associated  "LS", version, number of the data key, store id 16 bytes, the object's place
//! nonce       the first 12 bytes of HMAC-SHA-256 of the place and the packed content
//! ```
//!
//! The same content at the same place gives the same bytes, on every machine. Two contents get two
//! nonces but for a collision of 96 bits, and even then AES-GCM-SIV (RFC 8452) would only tell
//! whether they are equal.

use aes_gcm_siv::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use zeroize::Zeroizing;

use super::error::Fault;
use super::secret::{Key, Keys};

const MAGIC: [u8; 3] = [b'L', b'S', 1];
const NONCE: usize = 12;
/// Magic, number of the key, nonce.
const HEADER: usize = MAGIC.len() + 4 + NONCE;

/// The longest content, in bytes: a bound for what a length can make us allocate.
const LONGEST: usize = 1 << 30;

/// Where an object stands: a sealed one opens nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place(String);

impl Place {
    pub(super) fn of(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Seals with the newest key.
pub(super) fn seal(keys: &Keys, place: &Place, content: &[u8]) -> Vec<u8> {
    let number = keys.newest();
    seal_by(keys.get(number).expect("there is a newest key"), number, keys, place, content)
}

/// Seals for another place what was opened with the key of this number.
pub(super) fn move_to(place: &Place, keys: &Keys, number: u32, content: &[u8]) -> Option<Vec<u8>> {
    Some(seal_by(keys.get(number)?, number, keys, place, content))
}

fn seal_by(key: &Key, number: u32, keys: &Keys, place: &Place, content: &[u8]) -> Vec<u8> {
    let packed = pack(content);
    let nonce = key.derived("lore sync nonce").hash(&[place.0.as_bytes(), &packed]);
    let mut object = Vec::with_capacity(HEADER + packed.len() + 16);
    object.extend_from_slice(&MAGIC);
    object.extend_from_slice(&number.to_le_bytes());
    object.extend_from_slice(&nonce[..NONCE]);
    let associated = associated(keys, number, place);
    let payload = Payload { msg: &packed, aad: &associated };
    let nonce = Nonce::try_from(&nonce[..NONCE]).expect("it is as long as a nonce");
    let sealed = cipher(key).encrypt(&nonce, payload).expect("content is shorter than 64 GiB");
    object.extend_from_slice(&sealed);
    object
}

/// The number of the key that an object is sealed with.
pub(super) fn key_of(object: &[u8]) -> Result<u32, Fault> {
    let (magic, rest) = object.split_first_chunk::<3>().ok_or(Fault::Cut)?;
    match magic {
        &MAGIC => {}
        [b'L', b'S', version] if *version > MAGIC[2] => {
            return Err(Fault::Newer { version: *version });
        }
        _ => return Err(Fault::Foreign),
    }
    let (number, _) = rest.split_first_chunk::<4>().ok_or(Fault::Cut)?;
    Ok(u32::from_le_bytes(*number))
}

/// Opens a sealed object.
pub(super) fn open(keys: &Keys, place: &Place, object: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let number = key_of(object)?;
    let key = keys.get(number).ok_or(Fault::UnknownKey { number })?;
    let sealed = object.get(HEADER..).ok_or(Fault::Cut)?;
    let nonce = object.get(HEADER - NONCE..HEADER).and_then(|nonce| Nonce::try_from(nonce).ok());
    let nonce = nonce.ok_or(Fault::Cut)?;
    let associated = associated(keys, number, place);
    let payload = Payload { msg: sealed, aad: &associated };
    let packed = cipher(key).decrypt(&nonce, payload).map_err(|_| Fault::Altered)?;
    unpack(&Zeroizing::new(packed)).map(Zeroizing::new)
}

fn cipher(key: &Key) -> Aes256GcmSiv {
    let key = key.derived("lore sync seal");
    Aes256GcmSiv::new(key.bytes().into())
}

fn associated(keys: &Keys, number: u32, Place(place): &Place) -> Vec<u8> {
    [&MAGIC, &number.to_le_bytes()[..], keys.store().as_bytes(), place.as_bytes()].concat()
}

fn pack(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("content is shorter than 4 GiB");
    let mut packed = vec![0; 4 + lz4_flex::block::get_maximum_output_size(content.len())];
    packed[..4].copy_from_slice(&length.to_le_bytes());
    let written = lz4_flex::block::compress_into(content, &mut packed[4..])
        .expect("the output has the size that compression can need at most");
    packed.truncate(4 + written);
    packed
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, Fault> {
    let (length, block) = packed.split_first_chunk::<4>().ok_or(Fault::Cut)?;
    let length = u32::from_le_bytes(*length) as usize;
    // lz4 makes at most 255 bytes of one.
    if length > LONGEST || length > block.len().saturating_mul(255) {
        return Err(Fault::Senseless("a content of an impossible length"));
    }
    lz4_flex::block::decompress(block, length)
        .map_err(|_| Fault::Senseless("a content that does not decompress"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn keys(store: u128, seed: u8) -> Keys {
        let text = format!("lore-sync-1:{}{}", "5a".repeat(32), format!("{seed:02x}").repeat(32));
        Keys::from_text(Uuid::from_u128(store), &text).expect("two keys")
    }

    proptest! {
        #[test]
        fn only_what_was_sealed_opens_where_it_was_sealed(
            content in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..300),
                prop::collection::vec(Just(7), 0..9000),
            ],
            seed in any::<u8>(),
            at in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let (keys_here, place) = (keys(1, seed), Place::of("sessions/a/head"));
            let object = seal(&keys_here, &place, &content);
            prop_assert_eq!(&*open(&keys_here, &place, &object).expect("it was sealed"), &content);
            prop_assert_eq!(&seal(&keys_here, &place, &content), &object);
            prop_assert_eq!(key_of(&object), Ok(2));

            let other = Place::of("sessions/b/head");
            prop_assert_ne!(&seal(&keys_here, &other, &content), &object);
            prop_assert_eq!(open(&keys_here, &other, &object), Err(Fault::Altered));
            prop_assert_eq!(open(&keys(2, seed), &place, &object), Err(Fault::Altered));
            prop_assert_eq!(open(&keys(1, !seed), &place, &object), Err(Fault::Altered));

            let mut changed = object.clone();
            changed[at.index(object.len())] ^= 1 << bit;
            prop_assert!(open(&keys_here, &place, &changed).is_err());
            prop_assert!(open(&keys_here, &place, &object[..at.index(object.len())]).is_err());
            prop_assert!(open(&keys_here, &place, &[&object[..], &[0]].concat()).is_err());

            let moved = move_to(&other, &keys_here, 1, &content).expect("there is a first key");
            prop_assert_eq!(key_of(&moved), Ok(1));
            prop_assert_eq!(&*open(&keys_here, &other, &moved).expect("it was sealed"), &content);
        }
    }

    #[test]
    fn faults_are_told_apart() {
        let (keys, place) = (keys(1, 3), Place::of("machines"));
        let object = seal(&keys, &place, b"content");
        let changed = |at: usize, byte: u8| {
            let mut object = object.clone();
            object[at] = byte;
            open(&keys, &place, &object).map(drop)
        };
        assert_eq!(changed(0, b'M'), Err(Fault::Foreign));
        assert_eq!(changed(2, 0), Err(Fault::Foreign));
        assert_eq!(changed(2, 2), Err(Fault::Newer { version: 2 }));
        assert_eq!(changed(3, 9), Err(Fault::UnknownKey { number: 9 }));
        assert_eq!(changed(3, 0), Err(Fault::UnknownKey { number: 0 }));
        assert_eq!(changed(3, 1), Err(Fault::Altered));
        assert_eq!(open(&keys, &place, &object[..2]).map(drop), Err(Fault::Cut));
        assert_eq!(open(&keys, &place, &object[..HEADER - 1]).map(drop), Err(Fault::Cut));
        assert_eq!(open(&keys, &place, &object[..HEADER]).map(drop), Err(Fault::Altered));
    }

    #[test]
    fn no_length_is_believed() {
        assert!(unpack(&[0xff; 4]).is_err());
        assert!(unpack(&[&[0xff, 0xff, 0xff, 0x3f], &[0; 64][..]].concat()).is_err());
        assert!(unpack(&[&[255, 0, 0, 0], &[0xf0; 2][..]].concat()).is_err());
    }
}
