#define PENCHANT_TABLE kernels_portable
#define PENCHANT_TABLE_NAME "portable"
#include "math/kernels_text.h"
