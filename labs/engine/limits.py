"""Every limit of a run, named, in one place. Reaching one is an event with a reason; limits count steps, never seconds."""

CHUNK_US = 2_000_000  # virtual length of a chunk
CHUNK_EVENTS_MAX = 4_000  # a busier chunk is cut short
CHUNK_STEPS_MAX = 200_000  # handler calls in one chunk; past it the run is halted (a loop that does not advance time)
RUN_US_MAX = 600_000_000  # virtual length of a run: ten minutes
MESSAGES_IN_FLIGHT_MAX = 5_000  # further messages are lost
INBOX_MAX = 1_000  # what waits for a paused node; further messages are dropped
TIMER_DELAY_US_MIN = 1  # a timer of zero would let virtual time stand still
COMMANDS_MAX = 2_000  # in one run's log
EVIDENCE_MAX = 20  # events named by one check
FLOW_US = 100_000  # a busy lab tells its flows once in this time
