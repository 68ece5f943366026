//! Pages come back as they were written, and any bytes are read without harm.

use proptest::prelude::*;

use super::*;

fn body_of(messages: &[Vec<u8>]) -> Body {
    let mut body = Body::default();
    messages.iter().for_each(|message| body.push(message));
    body
}

fn any_messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..40)
}

fn any_key() -> impl Strategy<Value = MessageKey> {
    (any::<u128>(), any::<u64>(), any::<bool>()).prop_map(|(id, hash, withdrawn)| MessageKey {
        id: MessageId(Uuid::from_u128(id)),
        hash: ContentHash(hash),
        withdrawn,
    })
}

proptest! {
    #[test]
    fn bodies_come_back(messages in any_messages(), place in any::<prop::sample::Index>(), new: Vec<u8>) {
        let mut body = Body::decompress(&body_of(&messages).compress()).unwrap();
        let read: Vec<&[u8]> = body.messages().map(Result::unwrap).collect();
        prop_assert_eq!(&read, &messages);
        if !messages.is_empty() {
            let place = place.index(messages.len());
            body.replace(place, &new).unwrap();
            let mut changed = messages;
            changed[place] = new;
            prop_assert_eq!(body, body_of(&changed));
        }
    }

    #[test]
    fn keys_come_back(keys in prop::collection::vec(any_key(), 0..40)) {
        prop_assert_eq!(decode_keys(&encode_keys(&keys)).unwrap(), keys);
    }

    #[test]
    fn parts_are_the_whole_and_few(length in 0..4_000_000_usize) {
        let parts: Vec<usize> = parts(length).collect();
        prop_assert_eq!(parts.iter().sum::<usize>(), length);
        prop_assert!(parts.iter().all(|&part| part > 0));
        prop_assert!(parts.len() <= length / 65_000 + 6);
    }

    #[test]
    fn any_bytes_are_read_without_harm(mut bytes: Vec<u8>, key in any_key(), versioned: bool) {
        if let (true, Some(first)) = (versioned, bytes.first_mut()) {
            *first = VERSION;
        }
        let _ = decode_keys(&bytes);
        let _ = decode_message(&bytes, &key, None);
        if let Ok(body) = Body::decompress(&bytes) {
            prop_assert!(body.len() <= bytes.len().saturating_mul(255));
            let _ = body.messages_of(&[key]);
        }
        let body = Body { bytes };
        prop_assert!(body.messages().count() <= body.len());
    }

    /// A body with a few bytes changed is refused, or has only messages that lie within it.
    #[test]
    fn changed_bodies_are_read_without_harm(
        messages in any_messages(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = body_of(&messages).compress();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(body) = Body::decompress(&bytes) {
            let read: usize = body.messages().flatten().map(<[u8]>::len).sum();
            prop_assert!(read <= body.len());
        }
    }
}
