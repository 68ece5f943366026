//! A plugin that attacks its host.
//!
//! What it does stands in the first line of the source: `attack loop`, say, or `attack open ../x`.
//! Without such a line it is the well-behaved plugin of the SDK's example, which reads one message
//! from each line of JSON. `attacker.wasm` beside this crate is its component.

mod sample;

pub use sample::Sample;

#[cfg(target_arch = "wasm32")]
mod attack;
