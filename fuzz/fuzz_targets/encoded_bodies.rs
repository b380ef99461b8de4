//! See `alternator_lb_sdk::fuzzing::encoded_bodies`.

#![no_main]

use alternator_lb_sdk::fuzzing::encoded_bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| encoded_bodies(input));
