//! Everything that is read of a store of others.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lore_engine::sync::probe(bytes));
