//! Runs the models.

macro_rules! models {
    ($($model:ident),* $(,)?) => { $(
        #[test]
        fn $model() {
            loom::model(interleavings::$model);
        }
    )* };
}

models!(
    a_change_during_a_reading_is_read_after_it,
    a_closed_life_stays_closed,
    counts_come_back,
    no_attempt_is_left_without_a_watch,
    one_reads_what_is_due,
    one_request_ejects,
    one_request_tries,
    silence_and_answers_agree,
    the_successor_lives,
    trials_end,
);
