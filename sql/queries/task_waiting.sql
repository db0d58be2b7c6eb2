-- task_waiting: how many tasks wait, how long the first of them has, and how many runners are connected
SELECT waiting, seconds, runners FROM sallyport.task_waiting()
