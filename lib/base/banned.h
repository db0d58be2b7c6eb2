/* banned.h - calls that do not compile here; included by every .c file through config.h's company */
#ifndef SP_BASE_BANNED_H
#define SP_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#undef strcpy
#undef strcat
#undef strtok
#undef sprintf
#undef vsprintf
#undef atoi
#undef atol
#undef rand
#pragma GCC poison strcpy strcat strtok sprintf vsprintf atoi atol atoll rand srand gets alloca strcasecmp strncasecmp

#endif
