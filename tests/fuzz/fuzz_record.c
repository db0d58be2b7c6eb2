/* fuzz_record.c - how far a FastCGI request has come: the verdict on each beginning of it */
#include "fuzz.h"
#include "web/record.h"

#define MAX_SIZE 2000	/* every prefix is looked at */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum sp_record_verdict verdict, before = SP_RECORD_PART;
	size_t whole = 0;	/* the length of the request */

	if (size > MAX_SIZE)
		size = MAX_SIZE;
	for (size_t len = 0; len <= size; len++) {
		verdict = sp_record_scan(data, len);
		switch (before) {
		case SP_RECORD_PART:	/* whole at one length, before there is anything behind it */
			FUZZ_CHECK(verdict != SP_RECORD_PIPELINED && verdict != SP_RECORD_ABORTED);
			break;
		case SP_RECORD_WHOLE:
			FUZZ_CHECK(verdict == SP_RECORD_PIPELINED);
			whole = len - 1;
			break;
		case SP_RECORD_PIPELINED:	/* until a whole header tells that it is an abort */
			FUZZ_CHECK(verdict == SP_RECORD_PIPELINED ||
			    (verdict == SP_RECORD_ABORTED && len == whole + SP_RECORD_HEADER));
			break;
		case SP_RECORD_ABORTED:
		case SP_RECORD_BAD:
			FUZZ_CHECK(verdict == before);
			break;
		}
		before = verdict;
	}
	return 0;
}
