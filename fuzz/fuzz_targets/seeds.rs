//! See `alternator_lb_core::fuzzing::seeds`.

#![no_main]

use alternator_lb_core::fuzzing::seeds;

libfuzzer_sys::fuzz_target!(|input: &[u8]| seeds(input));
