#include "base/log.h"

int main() { weft::log_info("weft-proxy"); }
