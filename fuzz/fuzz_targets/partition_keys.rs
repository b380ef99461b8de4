//! See `alternator_lb_core::fuzzing::partition_keys`.

#![no_main]

use alternator_lb_core::fuzzing::partition_keys;

libfuzzer_sys::fuzz_target!(|input: &[u8]| partition_keys(input));
