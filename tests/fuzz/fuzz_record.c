/* fuzz_record.c - how far a FastCGI request has come: the verdict on each beginning of it */
#include "fuzz.h"
#include "web/record.h"

#define MAX_SIZE 2000	/* every prefix is looked at */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum sp_record_verdict verdict, before = SP_RECORD_PART;

	if (size > MAX_SIZE)
		size = MAX_SIZE;
	for (size_t len = 0; len <= size; len++) {
		verdict = sp_record_scan(data, len);
		/* bad stays bad, whole is whole at one length only, and comes before anything pipelined */
		if (before == SP_RECORD_BAD)
			FUZZ_CHECK(verdict == SP_RECORD_BAD);
		if (before == SP_RECORD_WHOLE || before == SP_RECORD_PIPELINED)
			FUZZ_CHECK(verdict == SP_RECORD_PIPELINED);
		if (before == SP_RECORD_PART)
			FUZZ_CHECK(verdict != SP_RECORD_PIPELINED);
		before = verdict;
	}
	return 0;
}
