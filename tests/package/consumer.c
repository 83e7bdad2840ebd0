/* A stranger's program, valid as C and as C++: makes a network through the installed library
 * and prints the version. */
#include <lottery.h>
#include <stdio.h>

int main(void) {
  lottery_context *context = NULL;
  lottery_network *network = NULL;
  if (lottery_context_create(&context) != LOTTERY_OK) return 1;
  if (lottery_network_preset(context, "lenet-300-100", &network) != LOTTERY_OK) return 2;
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  puts(lottery_version());
  return 0;
}
