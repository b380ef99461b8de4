//! See `alternator_lb_sdk::fuzzing::metadata_responses`.

#![no_main]

use alternator_lb_sdk::fuzzing::metadata_responses;

libfuzzer_sys::fuzz_target!(|input: &[u8]| metadata_responses(input));
