//! See `alternator_lb_sdk::fuzzing::internal_responses`.

#![no_main]

use alternator_lb_sdk::fuzzing::internal_responses;

libfuzzer_sys::fuzz_target!(|input: &[u8]| internal_responses(input));
